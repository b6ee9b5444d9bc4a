// What the card says of itself, the gravest first.
import { expect, test } from "vitest";

import { fakeBackend } from "$lib/backend/fake";
import type { Home } from "$lib/backend/types";
import { freshnessOf, OLD_AFTER_DAYS } from "./freshness";

const NOON = Date.parse("2026-11-22T12:00:00Z") / 1000;

test("a card says what the province says of it before how old its data are", async () => {
  const home: Home = { ...(await fakeBackend().home()), last_sync_at: NOON };
  const late = NOON + (OLD_AFTER_DAYS + 1) * 86_400;
  expect(freshnessOf(home, NOON)).toBe("fresh");
  expect(freshnessOf(home, late)).toBe("old");
  expect(freshnessOf({ ...home, last_sync_at: null }, NOON)).toBe("unknown");
  expect(freshnessOf(home, Date.parse("2027-02-19T00:00:01Z") / 1000)).toBe("expired");
  expect(freshnessOf({ ...home, trouble: { ended: "device_replaced", unknown: false, clock_off_by: null } }, NOON)).toBe("ended");
  for (const standing of ["suspended", "revoked"] as const) {
    expect(freshnessOf({ ...home, standing }, late)).toBe(standing);
  }
});
