/**
 * A USB scanner types like a keyboard, only faster, and ends with Enter. This tells its typing from a person's, wherever
 * the focus is, and whatever keyboard layout is switched on: Urdu and Pashto layouts would turn the code into other letters.
 */

/** Keys of one scan follow each other at least this fast. */
export const GAP_MS_MAX = 80;
/** Our codes begin with two letters, and a printed claim-169 card, of whatever issuer, as base45 of a zlib stream does. */
const STARTS = ["KP", "6BF", "NCF", "V7F", "Y9F"];
/** Longest text of a QR code. */
const LETTERS_MAX = 4296;

export interface TypedKey {
  key: string;
  code: string;
  shiftKey: boolean;
  /** Milliseconds, from any start. */
  at: number;
}

export type WedgeStep =
  /** Not a scan so far: the page handles the key. */
  | { kind: "other" }
  /** In the middle of a scan: the page must not handle the key. */
  | { kind: "scanning" }
  | { kind: "scanned"; text: string };

export class Wedge {
  #typed = "";
  #last = Number.NEGATIVE_INFINITY;
  /** The last key followed another as only a scanner's does: it is no command, whatever it scanned. */
  fast = false;

  press(key: TypedKey): WedgeStep {
    if (key.key === "Shift" || key.key === "CapsLock") return { kind: "other" };
    this.fast = key.at - this.#last <= GAP_MS_MAX;
    if (!this.fast) this.#typed = "";
    this.#last = key.at;
    if (key.key === "Enter" || key.key === "Tab") {
      const text = this.#typed;
      this.#typed = "";
      return isScan(text) && text.length > 4 ? { kind: "scanned", text } : { kind: "other" };
    }
    const letter = letterOf(key);
    if (letter === undefined || this.#typed.length >= LETTERS_MAX) {
      this.#typed = "";
      return { kind: "other" };
    }
    this.#typed = begun(this.#typed + letter);
    return isScan(this.#typed) ? { kind: "scanning" } : { kind: "other" };
  }
}

/** Without what was pressed just before a scan began, such as the space for the next visitor. */
function begun(typed: string): string {
  let from = 0;
  while (from < typed.length && !STARTS.some((start) => start.startsWith(typed.slice(from, from + start.length)))) from += 1;
  return typed.slice(from);
}

function isScan(text: string): boolean {
  return STARTS.some((start) => text.startsWith(start));
}

/** Letters of our codes by their place on a US keyboard, which scanners pretend to be. */
const PLAIN: Record<string, string> = { Space: " ", Minus: "-", Period: ".", Slash: "/" };
const SHIFTED: Record<string, string> = { Digit4: "$", Digit5: "%", Digit8: "*", Equal: "+", Semicolon: ":" };

function letterOf(key: TypedKey): string | undefined {
  // A Latin layout says the letter itself; others only where the key is.
  if (/^[\u0020-\u007e]$/.test(key.key)) return key.key.toUpperCase();
  if (key.key.length !== 1 && key.key !== "Dead" && key.key !== "Unidentified") return undefined;
  if (key.shiftKey && SHIFTED[key.code] !== undefined) return SHIFTED[key.code];
  const letter = /^Key([A-Z])$/.exec(key.code) ?? /^Digit([0-9])$/.exec(key.code);
  return letter?.[1] ?? PLAIN[key.code];
}
