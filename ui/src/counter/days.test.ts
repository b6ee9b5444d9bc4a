// Days and times on the gate's page are those of its sheet.
import { expect, test } from "vitest";

import { clockInPakistan, dayFrom } from "./days";

test("a day before and after goes over months and years", () => {
  expect([dayFrom("2026-11-22", -1), dayFrom("2026-12-31", 1), dayFrom("2028-02-28", 1)]).toEqual(["2026-11-21", "2027-01-01", "2028-02-29"]);
});

test("the time is Pakistan's, wherever the computer thinks that it is", () => {
  const noon = Date.parse("2026-11-22T12:00:00Z") / 1_000;
  expect([clockInPakistan(noon), clockInPakistan(noon + 7 * 3_600 + 299)]).toEqual(["17:00", "0:04"]);
});
