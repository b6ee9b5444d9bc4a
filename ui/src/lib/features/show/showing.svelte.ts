/**
 * One showing while it is on the screen: which code is up, when the next codes are due, when it ends. Time comes in
 * through a clock, so that tests run it by hand.
 */
import { toBackendError, type Backend, type Qr, type Showing } from "$lib/backend";

export interface ShowClock {
  nowMs: () => number;
  every: (ms: number, tick: () => void) => () => void;
}

export const phoneClock: ShowClock = {
  nowMs: () => performance.now(),
  every: (ms, tick) => {
    const timer = setInterval(tick, ms);
    return () => clearInterval(timer);
  },
};

/** How often the ring moves. */
const RING_MS = 250;

export class ShowingRun {
  showing = $state.raw<Showing>() as Showing;
  /** Which of the codes is up. */
  frame = $state(0);
  /** 1 right after new codes, 0 when the next are due. */
  share = $state(1);
  seconds = $state(0);
  ended = $state(false);
  failed = $state<string | null>(null);
  #startedMs: number;
  #renewedMs: number;
  #endsMs: number;
  #renewing = false;
  #stops: (() => void)[] = [];

  constructor(
    readonly backend: Backend,
    first: Showing,
    readonly clock: ShowClock = phoneClock,
  ) {
    this.showing = first;
    this.#startedMs = clock.nowMs();
    this.#renewedMs = this.#startedMs;
    this.#endsMs = this.#startedMs + first.ends_in_ms;
    this.#count();
  }

  get qr(): Qr | undefined {
    return this.showing.frames[this.frame] ?? this.showing.frames[0];
  }

  /** Whether the codes change by themselves, so that a ring tells when. */
  get renews(): boolean {
    return this.showing.renew_in_ms > 0;
  }

  start(): void {
    this.#stops.push(this.clock.every(RING_MS, () => this.#tick()));
    if (this.showing.frames.length > 1 && this.showing.frame_ms > 0) {
      this.#stops.push(
        this.clock.every(this.showing.frame_ms, () => {
          this.frame = (this.frame + 1) % Math.max(1, this.showing.frames.length);
        }),
      );
    }
  }

  /** Stops the clocks and tells the vault that it is over. Safe to call twice. */
  stop(): void {
    this.#rest();
    if (!this.ended) void this.backend.endShowing(this.showing.id).catch(() => undefined);
    this.ended = true;
  }

  #tick(): void {
    if (this.ended) return;
    if (this.clock.nowMs() >= this.#endsMs) {
      this.stop();
      return;
    }
    this.#count();
    if (this.renews && this.share === 0) void this.#renew();
  }

  #count(): void {
    const left = this.renews
      ? this.#renewedMs + this.showing.renew_in_ms - this.clock.nowMs()
      : this.#endsMs - this.clock.nowMs();
    const whole = this.renews ? this.showing.renew_in_ms : this.#endsMs - this.#startedMs;
    this.share = whole > 0 ? Math.min(1, Math.max(0, left / whole)) : 0;
    this.seconds = Math.max(0, Math.ceil(left / 1000));
  }

  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    try {
      const next = await this.backend.showingFrames(this.showing.id);
      if (this.ended) return;
      this.showing = next;
      this.frame = 0;
      this.#renewedMs = this.clock.nowMs();
      this.#endsMs = this.#renewedMs + next.ends_in_ms;
      this.#count();
    } catch (thrown) {
      const { code } = toBackendError(thrown);
      this.#rest();
      this.ended = true;
      this.failed = code === "showing_ended" ? null : code;
    } finally {
      this.#renewing = false;
    }
  }

  #rest(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }
}
