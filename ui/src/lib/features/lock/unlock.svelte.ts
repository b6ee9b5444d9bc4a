/** A locked door: digits, a wrong PIN, and the pause that follows several wrong ones. */
import { toBackendError } from "$lib/backend";

export const PIN_DIGITS = 6;

/** What the door needs of the world; tests bring their own. */
export interface Clock {
  nowMs: () => number;
  /** Calls `tick` every second until the returned function is called. */
  everySecond: (tick: () => void) => () => void;
}

export const phoneClock: Clock = {
  nowMs: () => Date.now(),
  everySecond: (tick) => {
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  },
};

export class Door {
  typed = $state("");
  error = $state<string | null>(null);
  opening = $state(false);
  /** Seconds until the next try is allowed; 0 when it is now. */
  wait = $state(0);
  #stop: (() => void) | null = null;

  constructor(
    /** Does what a whole PIN is for. */
    readonly use: (pin: string) => Promise<void>,
    readonly clock: Clock = phoneClock,
  ) {}

  get closed(): boolean {
    return this.opening || this.wait > 0;
  }

  digit(digit: string): void {
    if (this.closed || this.typed.length >= PIN_DIGITS) return;
    this.error = null;
    this.typed += digit;
    if (this.typed.length === PIN_DIGITS) void this.#open();
  }

  erase(): void {
    if (this.closed) return;
    this.typed = this.typed.slice(0, -1);
  }

  /** Ends the countdown; for when the screen goes away. */
  leave(): void {
    this.#stop?.();
    this.#stop = null;
  }

  async #open(): Promise<void> {
    this.opening = true;
    try {
      await this.use(this.typed);
    } catch (thrown) {
      const failed = toBackendError(thrown);
      this.error = failed.code;
      this.pause(failed.retryAfterSeconds ?? 0);
    } finally {
      this.typed = "";
      this.opening = false;
    }
  }

  /** Takes no digits for so many seconds. */
  pause(seconds: number): void {
    this.leave();
    this.wait = seconds;
    if (seconds <= 0) return;
    const until = this.clock.nowMs() + seconds * 1000;
    this.#stop = this.clock.everySecond(() => {
      this.wait = Math.max(0, Math.ceil((until - this.clock.nowMs()) / 1000));
      if (this.wait === 0) {
        this.error = null;
        this.leave();
      }
    });
  }
}
