// Choosing a PIN: typing it twice, and what the wallet refuses.
import { expect, test, vi } from "vitest";

import { fakeBackend } from "$lib/backend/fake";
import { PinChoice, pinKey } from "./pin.svelte";

const type = (choice: PinChoice, digits: string) => {
  for (const digit of digits) choice.digit(digit);
};
const repeated = (choice: PinChoice) => vi.waitFor(() => expect(choice.stage).toBe("repeat"));

test("a PIN that the wallet finds too easy is refused before it is typed again", async () => {
  const chosen = vi.fn();
  const choice = new PinChoice(fakeBackend(), chosen);
  type(choice, "111111");
  await vi.waitFor(() => expect(choice.error).toBe("pin_too_easy"));
  expect([choice.stage, choice.typed]).toEqual(["choose", ""]);
  expect(chosen).not.toHaveBeenCalled();
});

test("while the wallet looks at a PIN nothing is erased or added", async () => {
  const choice = new PinChoice(fakeBackend(), () => undefined);
  type(choice, "135790");
  choice.erase();
  choice.digit("1");
  expect(choice.typed).toBe("135790");
  await repeated(choice);
});

test("a PIN is chosen by typing it twice", async () => {
  const chosen = vi.fn();
  const choice = new PinChoice(fakeBackend(), chosen);
  type(choice, "135790");
  await repeated(choice);
  type(choice, "135790");
  expect(chosen).toHaveBeenCalledExactlyOnceWith("135790");
});

test("another PIN the second time begins anew and says why", async () => {
  const chosen = vi.fn();
  const choice = new PinChoice(fakeBackend(), chosen);
  type(choice, "135790");
  await repeated(choice);
  type(choice, "135791");
  expect(chosen).not.toHaveBeenCalled();
  expect([choice.stage, choice.typed, choice.error]).toEqual(["choose", "", "pin_differs"]);
});

test("a digit can be taken back and no more than six are taken", () => {
  const choice = new PinChoice(fakeBackend(), () => undefined);
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
