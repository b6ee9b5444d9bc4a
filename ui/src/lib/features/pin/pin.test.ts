// Choosing a PIN: which are too easy, and typing it twice.
import { expect, test, vi } from "vitest";

import { isEasyPin, PinChoice, pinKey } from "./pin.svelte";

const type = (choice: PinChoice, digits: string) => {
  for (const digit of digits) choice.digit(digit);
};

test.each(["111111", "123456", "654321", "000000"])("%s is refused as too easy", (pin) => {
  expect(isEasyPin(pin)).toBe(true);
});

test.each(["135790", "112233", "201947", "890123"])("%s is allowed", (pin) => {
  expect(isEasyPin(pin)).toBe(false);
});

test("a PIN is chosen by typing it twice", () => {
  const chosen = vi.fn();
  const choice = new PinChoice(chosen);
  type(choice, "135790");
  expect(choice.stage).toBe("repeat");
  type(choice, "135790");
  expect(chosen).toHaveBeenCalledExactlyOnceWith("135790");
});

test("another PIN the second time begins anew and says why", () => {
  const chosen = vi.fn();
  const choice = new PinChoice(chosen);
  type(choice, "135790");
  type(choice, "135791");
  expect(chosen).not.toHaveBeenCalled();
  expect([choice.stage, choice.typed, choice.error]).toEqual(["choose", "", "pin_differs"]);
});

test("a digit can be taken back and no more than six are taken", () => {
  const choice = new PinChoice(() => undefined);
  type(choice, "13");
  choice.erase();
  expect(choice.typed).toBe("1");
  choice.erase();
  choice.erase();
  expect(choice.typed).toBe("");
});

test("keys of a keyboard mean digits, deletion, or nothing", () => {
  expect([pinKey("7"), pinKey("Backspace"), pinKey("a"), pinKey("Enter")]).toEqual([{ digit: "7" }, "erase", undefined, undefined]);
});
