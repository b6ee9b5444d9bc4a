/** Typing a PIN: six digits, chosen twice, and nothing that anybody would try first. */
import { toBackendError, type Backend } from "$lib/backend";

export const PIN_DIGITS = 6;

export type PinStage = "choose" | "repeat";

/** Choosing a PIN by typing it twice. The wallet says which are too easy. Calls `chosen` once both agree. */
export class PinChoice {
  stage = $state<PinStage>("choose");
  typed = $state("");
  error = $state<string | null>(null);
  #first = "";
  #checking = false;

  constructor(
    readonly backend: Pick<Backend, "checkPin">,
    readonly chosen: (pin: string) => void,
  ) {}

  digit(digit: string): void {
    if (this.typed.length >= PIN_DIGITS) return;
    this.error = null;
    this.typed += digit;
    if (this.typed.length === PIN_DIGITS) void this.#full();
  }

  erase(): void {
    if (this.#checking) return;
    this.typed = this.typed.slice(0, -1);
  }

  /** Back to the first time. True when there was something to go back from. */
  restart(error: string | null = null): boolean {
    const was = this.stage === "repeat";
    this.stage = "choose";
    this.typed = "";
    this.#first = "";
    this.error = error;
    return was;
  }

  async #full(): Promise<void> {
    const pin = this.typed;
    if (this.stage === "choose") {
      this.#checking = true;
      try {
        await this.backend.checkPin(pin);
        this.#first = pin;
        this.typed = "";
        this.stage = "repeat";
      } catch (thrown) {
        this.restart(toBackendError(thrown).code);
      } finally {
        this.#checking = false;
      }
    } else if (pin === this.#first) {
      this.#first = "";
      this.chosen(pin);
    } else {
      this.restart("pin_differs");
    }
  }
}

/** The digit or the deletion that a key of a keyboard means. */
export function pinKey(key: string): { digit: string } | "erase" | undefined {
  if (key === "Backspace") return "erase";
  return /^[0-9]$/.test(key) ? { digit: key } : undefined;
}
