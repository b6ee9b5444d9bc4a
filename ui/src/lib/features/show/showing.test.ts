// A showing: its loop of codes, its renewals and its end.
import { expect, test, vi } from "vitest";

import type { Showing } from "$lib/backend";
import { fakeBackend, fakeQr } from "$lib/backend/fake";
import { ShowingRun, type ShowClock } from "./showing.svelte";

const TIMED: Showing = {
  id: 7, vct: "age", kind: { name: { en: "Age", ur: "", ps: "" }, icon: "age" }, child: null, mode: "timed", frames: [fakeQr(21, 1)], frame_ms: 0, claims: [], renew_in_ms: 15_000, ends_in_ms: 300_000,
  last_pass: false, check_code: null,
};

function handClock(): ShowClock & { pass: (ms: number) => void; running: () => number } {
  let now = 0;
  const timers = new Set<{ every: number; due: number; tick: () => void }>();
  return {
    nowMs: () => now,
    every: (ms, tick) => {
      const timer = { every: ms, due: now + ms, tick };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    running: () => timers.size,
    pass: (ms) => {
      const until = now + ms;
      for (;;) {
        const next = [...timers].sort((a, b) => a.due - b.due)[0];
        if (!next || next.due > until) break;
        now = next.due;
        next.due += next.every;
        next.tick();
      }
      now = until;
    },
  };
}

test("the ring empties over the time until the next code and refills with it", async () => {
  const clock = handClock();
  const backend = fakeBackend();
  const run = new ShowingRun(backend, TIMED, clock);
  run.start();
  expect([run.share, run.seconds]).toEqual([1, 15]);
  clock.pass(7_500);
  expect([run.share, run.seconds]).toEqual([0.5, 8]);
  clock.pass(7_500);
  await vi.waitFor(() => expect(run.share).toBe(1));
  expect(backend.calls).toEqual(["showingFrames"]);
});

test("frames follow each other at their own pace, first of all the presentation", () => {
  const clock = handClock();
  const run = new ShowingRun(fakeBackend(), { ...TIMED, mode: "request", renew_in_ms: 0, frame_ms: 125, frames: [1, 2, 3].map((seed) => fakeQr(21, seed)) }, clock);
  run.start();
  const seen = [run.frame];
  for (let turn = 0; turn < 4; turn += 1) {
    clock.pass(125);
    seen.push(run.frame);
  }
  expect(seen).toEqual([0, 1, 2, 0, 1]);
});

test("a showing ends by itself, once, and tells the vault", () => {
  const clock = handClock();
  const backend = fakeBackend();
  const run = new ShowingRun(backend, { ...TIMED, renew_in_ms: 0, ends_in_ms: 2_000 }, clock);
  run.start();
  clock.pass(2_500);
  run.stop();
  expect(run.ended).toBe(true);
  expect(backend.calls).toEqual(["endShowing"]);
  expect(clock.running()).toBe(0);
});

test("a renewal that fails stops the showing with a reason", async () => {
  const clock = handClock();
  const run = new ShowingRun(fakeBackend({ failing: { showingFrames: "pass_expired" } }), TIMED, clock);
  run.start();
  clock.pass(15_000);
  await vi.waitFor(() => expect(run.failed).toBe("pass_expired"));
  expect(clock.running()).toBe(0);
});

test("a showing that the vault has ended is over, not broken", async () => {
  const clock = handClock();
  const run = new ShowingRun(fakeBackend({ failing: { showingFrames: "showing_ended" } }), TIMED, clock);
  run.start();
  clock.pass(15_000);
  await vi.waitFor(() => expect(run.ended).toBe(true));
  expect(run.failed).toBeNull();
});
