/** What a key means at the desk, wherever the focus is. Letters are left alone: keyboards here have three layouts. */
import type { Language } from "$lib/backend/types";

export type KeyAction =
  | { do: "next" | "cancel" | "menu" | "sound" | "full_screen" }
  | { do: "language"; language: Language }
  /** The first, second, ... choice. */
  | { do: "choose"; place: number }
  /** To the next or the previous thing that can be pressed. */
  | { do: "move"; by: 1 | -1 };

export interface PressedKey {
  key: string;
  code: string;
}

const KEYS: Readonly<Record<string, KeyAction>> = {
  " ": { do: "next" },
  Enter: { do: "next" },
  Escape: { do: "cancel" },
  F2: { do: "language", language: "ur" },
  F3: { do: "language", language: "ps" },
  F4: { do: "language", language: "en" },
  F8: { do: "sound" },
  F9: { do: "menu" },
  F10: { do: "full_screen" },
  ArrowDown: { do: "move", by: 1 },
  ArrowUp: { do: "move", by: -1 },
};

/** Keys that work while somebody types into a field. */
export const ALWAYS: readonly KeyAction["do"][] = ["language", "sound", "full_screen", "cancel"];

export function actionOf({ key, code }: PressedKey, rightToLeft: boolean): KeyAction | undefined {
  if (key === "ArrowRight") return { do: "move", by: rightToLeft ? -1 : 1 };
  if (key === "ArrowLeft") return { do: "move", by: rightToLeft ? 1 : -1 };
  // By its place: the digits of an Urdu layout are other letters.
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1];
  if (digit !== undefined) return { do: "choose", place: Number(digit) };
  return KEYS[key];
}

/** Moves the focus among everything in `area` that can be pressed. */
export function moveFocus(area: ParentNode, by: 1 | -1): void {
  const targets = [...area.querySelectorAll<HTMLElement>("button:not(:disabled), input:not(.for-reader):not(:disabled)")].filter(
    (one) => one.tabIndex >= 0 && one.getClientRects().length > 0,
  );
  const at = targets.findIndex((one) => one === document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : targets.length - 1) : (at + by + targets.length) % targets.length;
  targets[next]?.focus();
}

/** The one thing to do here takes the focus as it appears, so that Space and Enter press it. */
export function takeFocus(node: HTMLElement): void {
  node.focus({ preventScroll: true });
}
