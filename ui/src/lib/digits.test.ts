// @vitest-environment node
// Digits as people type them: of three scripts, grouped, with the cursor where it was.
import { describe, expect, test } from "vitest";

import { caretAfter, digitsOf, foldDigits, groupCnic, groupMobile, maskCnic } from "./digits";

describe("digits as people type them", () => {
  test("urdu and arabic digits become western ones and nothing else changes", () => {
    expect(foldDigits("۰۱۲۳۴۵۶۷۸۹ ٠١٢٣٤٥٦٧٨٩ ab-9")).toBe("0123456789 0123456789 ab-9");
  });

  test("digits beyond the limit are dropped", () => {
    expect(digitsOf("1a2b3c4", 3)).toBe("123");
  });
});

describe("a CNIC while it is typed", () => {
  test.each([
    ["", ""],
    ["17301", "17301"],
    ["173011", "17301-1"],
    ["9999912345671", "99999-1234567-1"],
    ["99999-1234567-1", "99999-1234567-1"],
    ["۹۹۹۹۹۱۲۳۴۵۶۷۱", "99999-1234567-1"],
    ["٩٩٩٩٩١٢٣٤٥٦٧١", "99999-1234567-1"],
    ["9999912345671999", "99999-1234567-1"],
  ])("%s is grouped", (typed, grouped) => {
    expect(groupCnic(typed)).toBe(grouped);
  });

  test("the cursor stays behind the digit that was typed", () => {
    expect(caretAfter("17301-1", 6)).toBe(7);
    expect(caretAfter("99999-1234567-1", 5)).toBe(5);
    expect(caretAfter("17301-1", 0)).toBe(0);
    expect(caretAfter("173", 9)).toBe(3);
  });
});

test.each([
  ["03000000011", "0300-0000011"],
  ["+923000000011", "+92-300-0000011"],
  ["۰۳۰۰۱۲۳", "0300-123"],
])("a mobile number %s is grouped", (typed, grouped) => {
  expect(groupMobile(typed)).toBe(grouped);
});

test.each([
  ["9999912345671", "99999-*******-1"],
  ["۹۹۹۹۹-۱۲۳۴۵۶۷-۱", "99999-*******-1"],
  ["99999123", "*****-*******-*"],
])("a CNIC %s is masked", (typed, masked) => {
  expect(maskCnic(typed)).toBe(masked);
});
