/** Typing a PIN: six digits, chosen twice, and nothing that anybody would try first. */
export const PIN_DIGITS = 6;

/** Digits that are all the same or stand in a row, up or down, are the first that a thief tries. */
export function isEasyPin(pin: string): boolean {
  const digits = [...pin].map(Number);
  const steps = digits.slice(1).map((digit, index) => digit - (digits[index] ?? 0));
  return steps.every((step) => step === 0) || steps.every((step) => step === 1) || steps.every((step) => step === -1);
}

export type PinStage = "choose" | "repeat";

/** Choosing a PIN by typing it twice. Calls `chosen` once both agree. */
export class PinChoice {
  stage = $state<PinStage>("choose");
  typed = $state("");
  error = $state<string | null>(null);
  #first = "";

  constructor(readonly chosen: (pin: string) => void) {}

  digit(digit: string): void {
    if (this.typed.length >= PIN_DIGITS) return;
    this.error = null;
    this.typed += digit;
    if (this.typed.length === PIN_DIGITS) this.#full();
  }

  erase(): void {
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

  #full(): void {
    const pin = this.typed;
    if (this.stage === "choose") {
      if (isEasyPin(pin)) {
        this.restart("pin_too_easy");
        return;
      }
      this.#first = pin;
      this.typed = "";
      this.stage = "repeat";
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
