// @vitest-environment node
/** The three languages say the same things: same keys, same parameters, each in its own letters. */
import { describe, expect, test } from "vitest";

import { UI_CODES } from "../src/lib/backend/bindings";
import en from "../messages/en.json";
import ps from "../messages/ps.json";
import ur from "../messages/ur.json";

type Texts = Record<string, string>;
const texts: Record<"en" | "ur" | "ps", Texts> = { en, ur, ps };
const keys = Object.keys(en).filter((key) => key !== "$schema");
const parametersOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

/** Codes of the screens themselves, which no host sends. */
const SCREEN_CODES = ["internal", "host_gone", "camera_missing", "camera_refused", "pin_differs", "enrolment_waiting"];

test.each(["ur", "ps"] as const)("%s has the keys of English and no others", (language) => {
  expect(Object.keys(texts[language]).sort()).toEqual(Object.keys(en).sort());
});

test("a text takes the same parameters in each language", () => {
  const uneven = keys.filter(
    (key) => new Set((["en", "ur", "ps"] as const).map((language) => parametersOf(texts[language][key] ?? "").join())).size > 1,
  );
  expect(uneven).toEqual([]);
});

test("no text is empty and none has stray space", () => {
  const untidy = keys.filter((key) => (["en", "ur", "ps"] as const).some((language) => (texts[language][key] ?? "").trim() !== texts[language][key] || texts[language][key] === ""));
  expect(untidy).toEqual([]);
});

test.each([...UI_CODES, ...SCREEN_CODES])("code %s says what happened and what to do", (code) => {
  for (const language of ["en", "ur", "ps"] as const) {
    expect(texts[language][`code_${code}`]).toBeTruthy();
    expect(texts[language][`code_${code}_next`]).toBeTruthy();
  }
});

test("every code with a sentence has a next step, and the other way round", () => {
  const codes = keys.filter((key) => key.startsWith("code_"));
  const lonely = codes.filter((key) => !codes.includes(key.endsWith("_next") ? key.slice(0, -"_next".length) : `${key}_next`));
  expect(lonely).toEqual([]);
});

describe("letters", () => {
  test("Urdu is written with its own ye and kaf", () => {
    expect(keys.filter((key) => /[يكى]/.test(ur[key as keyof typeof ur]))).toEqual([]);
  });

  test("Pashto is not written with the letters of Urdu alone", () => {
    expect(keys.filter((key) => /[ٹڈڑےںھہ]/.test(ps[key as keyof typeof ps]))).toEqual([]);
  });
});
