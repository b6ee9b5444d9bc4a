// How old something is, in words.
import { beforeEach, expect, test } from "vitest";

import { useLanguage } from "$lib/i18n.svelte";
import { agoText, spanText, updatedText } from "./when";

const NOW = Date.parse("2026-11-22T12:00:00Z") / 1000;
const plain = (text: string) => text.replace(/[\u2066-\u2069]/g, "");
const ago = (seconds: number) => plain(agoText(NOW - seconds, NOW));
const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400];

beforeEach(() => useLanguage("en"));

test.each([
  [0, "just now"],
  [59, "just now"],
  [-299, "just now"],
  [MINUTE, "1 minute ago"],
  [59 * MINUTE, "59 minutes ago"],
  [HOUR, "1 hour ago"],
  [23 * HOUR, "23 hours ago"],
  [DAY, "yesterday"],
  [13 * DAY, "13 days ago"],
  [22 * DAY, "3 weeks ago"],
  [59 * DAY, "8 weeks ago"],
  [61 * DAY, "2 months ago"],
  [364 * DAY, "12 months ago"],
  [400 * DAY, "more than a year ago"],
  [1_200 * DAY, "more than 3 years ago"],
])("%d seconds: %s", (seconds, words) => {
  expect(ago(seconds)).toBe(words);
});

test("what this phone's clock has not reached is not called new", () => {
  expect(ago(-400 * DAY)).toContain("27-12-2027");
});

test("every language says it in its own words", () => {
  const said = (["en", "ur", "ps"] as const).map((language) => {
    useLanguage(language);
    return plain(updatedText(NOW - 22 * DAY, NOW));
  });
  expect(said).toEqual(["Updated 3 weeks ago", "3 ہفتے پہلے تازہ ہوا", "3 اوونۍ مخکې تازه شوی"]);
  useLanguage("en");
  expect(updatedText(null, NOW)).toBe("Never updated");
});

test.each([
  [301, "5 minutes"],
  [2.4 * HOUR, "2 hours"],
  [DAY, "1 day"],
  [365 * DAY, "365 days"],
])("a clock that is off by %d seconds is off by %s", (seconds, words) => {
  expect(plain(spanText(seconds))).toBe(words);
});
