/** Backups and moves of the stand-in host: what a screen needs to be drawn. */
import words from "$assets/words/words.csv?raw";

import type { BackupPhrase, MoveStep, MoveView, Words } from "./types";

const LIST: readonly Words[] = words
  .trim()
  .split("\n")
  .map((line) => {
    const [en = "", ur = "", ps = ""] = line.split(",");
    return { en, ur, ps };
  });

const some = (...numbers: number[]): Words[] => numbers.map((number) => LIST[number] ?? { en: "", ur: "", ps: "" });

export const FAKE_PHRASE: BackupPhrase = { words: some(17, 402, 260, 811, 93, 640), digits: "08158 23170 40276 92116", ask: [2, 5] };

export const fakeComplete = (typed: string): Words[] =>
  LIST.filter((word) => [word.en, word.ur, word.ps].some((text) => text.startsWith(typed.trim().toLowerCase()))).slice(0, 6);

/** The codes are the caller's, who draws them. */
export function fakeMove(step: MoveStep, codes: MoveView["codes"]): MoveView {
  return { step, codes, frame_ms: 200, words: some(120, 555, 901), have: 12, needed: 20 };
}
