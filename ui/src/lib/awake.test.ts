// The screen stays lit while something is shown, and no longer.
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { keepAwake } from "./awake";

interface Held {
  release: () => Promise<void>;
}
const release = vi.fn(() => Promise.resolve());
const request = vi.fn((): Promise<Held> => Promise.resolve({ release }));

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  vi.stubGlobal("navigator", { wakeLock: { request } });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("the screen is kept lit until the end, and not before the first picture is up", async () => {
  const sleep = keepAwake();
  expect(request).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(request).toHaveBeenCalledExactlyOnceWith("screen");
  sleep();
  expect(release).toHaveBeenCalledOnce();
});

test("a showing that ends at once asks for nothing", async () => {
  keepAwake()();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(request).not.toHaveBeenCalled();
});

test("a light that came after the end is given back", async () => {
  const sleep = keepAwake();
  let give: (held: Held) => void = () => undefined;
  request.mockReturnValueOnce(new Promise((resolve) => (give = resolve)));
  await vi.advanceTimersByTimeAsync(1_000);
  sleep();
  give({ release });
  await vi.advanceTimersByTimeAsync(0);
  expect(release).toHaveBeenCalledOnce();
});

test.each([
  ["refuses", { wakeLock: { request: () => Promise.reject(new Error("no")) } }],
  ["knows no such thing", {}],
])("a phone that %s loses nothing", async (_, navigator) => {
  vi.stubGlobal("navigator", navigator);
  const sleep = keepAwake();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sleep).not.toThrow();
});
