// A USB scanner's typing is told from a person's, under any keyboard layout.
import { describe, expect, test } from "vitest";

import { Wedge, type TypedKey, type WedgeStep } from "./wedge";

function type(wedge: Wedge, keys: Partial<TypedKey>[], gap: number): WedgeStep[] {
  return keys.map((key, index) => wedge.press({ key: "", code: "", shiftKey: false, ...key, at: 1000 + index * gap }));
}

const keysOf = (text: string) => [...text].map((key) => ({ key }));

describe("a USB scanner", () => {
  test("types a code and Enter, and the page sees neither", () => {
    const steps = type(new Wedge(), [...keysOf("KP1:A B$7"), { key: "Enter" }], 5);
    expect(steps.at(-1)).toEqual({ kind: "scanned", text: "KP1:A B$7" });
    // From the second letter on, a focused button gets no space and no Enter.
    expect(steps.slice(1, -1).every((step) => step.kind === "scanning")).toBe(true);
  });

  test.each(["6BF", "NCF", "V7F", "Y9F"])("types a printed card that begins with %s", (start) => {
    const steps = type(new Wedge(), [...keysOf(`${start}KB0 1:`), { key: "Enter" }], 5);
    expect(steps.at(-1)).toEqual({ kind: "scanned", text: `${start}KB0 1:` });
  });

  test("scans at once after a key for the next visitor", () => {
    const keys = [{ key: " ", code: "Space" }, { key: "k" }, ...keysOf("KP1:AB"), { key: "Enter" }];
    expect(type(new Wedge(), keys, 5).at(-1)).toEqual({ kind: "scanned", text: "KP1:AB" });
  });

  test("is not a person who types", () => {
    const steps = type(new Wedge(), [...keysOf("KP1:ABC"), { key: "Enter" }], 200);
    expect(steps.every((step) => step.kind === "other")).toBe(true);
  });

  test("is not another scanner's text", () => {
    const steps = type(new Wedge(), [...keysOf("5901234123457"), { key: "Enter" }], 5);
    expect(steps.every((step) => step.kind === "other")).toBe(true);
  });

  test("works while an Urdu layout is switched on", () => {
    const keys = [
      { key: "خ", code: "KeyK", shiftKey: true },
      { key: "Shift" },
      { key: "پ", code: "KeyP", shiftKey: true },
      { key: "۱", code: "Digit1" },
      { key: "؛", code: "Semicolon", shiftKey: true },
      { key: "ا", code: "KeyA", shiftKey: true },
      { key: "٪", code: "Digit5", shiftKey: true },
      { key: " ", code: "Space" },
      { key: "Enter" },
    ];
    expect(type(new Wedge(), keys, 5).at(-1)).toEqual({ kind: "scanned", text: "KP1:A% " });
  });

  test("begins anew after a pause", () => {
    const wedge = new Wedge();
    type(wedge, keysOf("KP1:OLD"), 5);
    let at = 5000;
    let last: WedgeStep = { kind: "other" };
    for (const key of [...keysOf("KP1:NEW"), { key: "Enter" }]) {
      last = wedge.press({ code: "", shiftKey: false, ...key, at: (at += 5) });
    }
    expect(last).toEqual({ kind: "scanned", text: "KP1:NEW" });
  });
});
