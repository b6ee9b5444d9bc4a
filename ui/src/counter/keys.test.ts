// Keys mean the same on every keyboard layout of the country, and arrows follow the direction of reading.
import { describe, expect, test } from "vitest";

import { actionOf, moveFocus } from "./keys";

describe("a key", () => {
  test("is a digit by its place, whatever the layout writes there", () => {
    for (const key of ["2", "۲", "٢", "é"]) {
      expect(actionOf({ key, code: "Digit2" }, false)).toEqual({ do: "choose", place: 2 });
    }
    expect(actionOf({ key: "7", code: "Numpad7" }, false)).toEqual({ do: "choose", place: 7 });
    expect(actionOf({ key: "0", code: "Digit0" }, false)).toBeUndefined();
  });

  test("of a letter means nothing, so that a slip of the hand asks nobody for anything", () => {
    for (const key of ["a", "ش", "N"]) expect(actionOf({ key, code: "KeyA" }, false)).toBeUndefined();
  });

  test("with an arrow goes on in the direction of reading", () => {
    expect(actionOf({ key: "ArrowLeft", code: "ArrowLeft" }, false)).toEqual({ do: "move", by: -1 });
    expect(actionOf({ key: "ArrowLeft", code: "ArrowLeft" }, true)).toEqual({ do: "move", by: 1 });
    expect(actionOf({ key: "ArrowDown", code: "ArrowDown" }, true)).toEqual({ do: "move", by: 1 });
  });

  test("for next, cancel and the languages", () => {
    expect(actionOf({ key: " ", code: "Space" }, false)).toEqual({ do: "next" });
    expect(actionOf({ key: "Enter", code: "NumpadEnter" }, false)).toEqual({ do: "next" });
    expect(actionOf({ key: "Escape", code: "Escape" }, false)).toEqual({ do: "cancel" });
    expect(actionOf({ key: "F3", code: "F3" }, false)).toEqual({ do: "language", language: "ps" });
  });
});

test("the focus goes round everything that can be pressed", () => {
  document.body.innerHTML = `<main><button>a</button><button disabled>b</button><input class="for-reader"><input id="c"></main>`;
  for (const one of document.querySelectorAll("button, input")) one.getClientRects = () => [new DOMRect()] as unknown as DOMRectList;
  const seen = [1, 1, 1, -1].map((by) => {
    moveFocus(document.body, by as 1 | -1);
    const focused = document.activeElement;
    return focused?.id === "c" ? "c" : focused?.textContent;
  });
  expect(seen).toEqual(["a", "c", "a", "c"]);
});
