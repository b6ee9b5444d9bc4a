/** A form whose call may be refused, with a wait that counts down. */
import { isolatedNumber } from "$lib/format";
import { m } from "$lib/paraglide/messages.js";
import { errorText, type ErrorText } from "$lib/texts";
import { CallError } from "./api";

export class Form {
  busy = $state(false);
  /** A code. */
  trouble = $state<string>();
  #until = $state(0);
  #now = $state(Date.now());

  get words(): ErrorText | undefined {
    return this.trouble === undefined ? undefined : errorText(this.trouble);
  }

  /** Seconds until the next try. */
  get wait(): number {
    return Math.max(0, Math.ceil((this.#until - this.#now) / 1000));
  }

  get waitText(): string | undefined {
    if (this.wait === 0) return undefined;
    const time = `${Math.floor(this.wait / 60)}:${String(this.wait % 60).padStart(2, "0")}`;
    return m.officer_wait({ time: isolatedNumber(time) });
  }

  tick(): void {
    this.#now = Date.now();
  }

  fail(code: string): void {
    this.trouble = code;
  }

  /** Makes the call; true when it came out. */
  async send(call: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.trouble = undefined;
    try {
      await call();
      return true;
    } catch (thrown) {
      if (!(thrown instanceof CallError)) throw thrown;
      this.trouble = thrown.code;
      this.#now = Date.now();
      this.#until = thrown.wait === undefined ? 0 : this.#now + thrown.wait * 1000;
      return false;
    } finally {
      this.busy = false;
    }
  }
}
