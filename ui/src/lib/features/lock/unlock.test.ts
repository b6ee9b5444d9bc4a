// The door: a right PIN, a wrong one, and the pause after too many.
import { expect, test, vi } from "vitest";

import type { AppState } from "$lib/backend";
import { fakeBackend, type FakeOptions } from "$lib/backend/fake";
import { Door, type Clock } from "./unlock.svelte";

function handClock(): Clock & { pass: (seconds: number) => void } {
  let now = 0;
  let tick: (() => void) | null = null;
  return {
    nowMs: () => now,
    everySecond: (next) => {
      tick = next;
      return () => (tick = null);
    },
    pass: (seconds) => {
      now += seconds * 1000;
      tick?.();
    },
  };
}

function doorOf(options: FakeOptions, opened: (app: AppState) => void, clock: Clock): Door {
  const backend = fakeBackend(options);
  return new Door(async (pin) => opened(await backend.unlock(pin, null)), clock);
}

const type = (door: Door, digits: string) => {
  for (const digit of digits) door.digit(digit);
};

test("six digits open the door", async () => {
  const opened = vi.fn();
  const door = doorOf({ lock: "locked" }, opened, handClock());
  type(door, "135790");
  await vi.waitFor(() => expect(opened).toHaveBeenCalledOnce());
  expect(door.typed).toBe("");
});

test("while the door is being opened nothing is typed or erased", async () => {
  const opened = vi.fn();
  const door = doorOf({ lock: "locked" }, opened, handClock());
  type(door, "135790");
  door.erase();
  door.digit("1");
  expect([door.opening, door.typed]).toEqual([true, "135790"]);
  await vi.waitFor(() => expect(opened).toHaveBeenCalledOnce());
});

test("a wrong PIN says so and leaves nothing typed", async () => {
  const door = doorOf({ failing: { unlock: "wrong_pin" } }, () => undefined, handClock());
  type(door, "135790");
  await vi.waitFor(() => expect(door.opening).toBe(false));
  expect([door.error, door.typed, door.wait]).toEqual(["wrong_pin", "", 0]);
});

test("a pause counts down, takes no digits, and ends", async () => {
  const clock = handClock();
  const door = doorOf({ failing: { unlock: "wrong_pin" }, retryAfterSeconds: 30 }, () => undefined, clock);
  type(door, "135790");
  await vi.waitFor(() => expect(door.wait).toBe(30));
  door.digit("1");
  expect(door.typed).toBe("");
  clock.pass(10);
  expect(door.wait).toBe(20);
  clock.pass(20);
  expect([door.wait, door.error, door.closed]).toEqual([0, null, false]);
});
