/** Moments in words: "today, 9:40" for what happened, "3 weeks ago" for how old something is. */
import { clockOf, dayOf, daysAgo, isolatedNumber } from "$lib/format";
import { m } from "$lib/paraglide/messages.js";

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const WEEK = 7 * DAY;
const MONTH = 30 * DAY;
const YEAR = 365 * DAY;
/** Clocks of phone and province may differ by so much before anybody is told. */
const CLOCKS_DIFFER = 300;

/** When something happened. */
export function whenText(unixSeconds: number, nowSeconds: number): string {
  const time = isolatedNumber(clockOf(unixSeconds));
  const days = daysAgo(unixSeconds, nowSeconds);
  if (days === 0) return m.when_today({ time });
  if (days === 1) return m.when_yesterday({ time });
  return m.when_on({ date: isolatedNumber(dayOf(unixSeconds)), time });
}

/** How old something is, in whole units that have passed. */
export function agoText(unixSeconds: number, nowSeconds: number): string {
  const age = nowSeconds - unixSeconds;
  const of = (unit: number) => isolatedNumber(Math.floor(age / unit));
  if (age < -CLOCKS_DIFFER) return m.ago_ahead({ date: isolatedNumber(dayOf(unixSeconds)) });
  if (age < MINUTE) return m.ago_now();
  if (age < 2 * MINUTE) return m.ago_minutes_one();
  if (age < HOUR) return m.ago_minutes({ count: of(MINUTE) });
  if (age < 2 * HOUR) return m.ago_hours_one();
  if (age < DAY) return m.ago_hours({ count: of(HOUR) });
  if (age < 2 * DAY) return m.ago_days_one();
  if (age < 2 * WEEK) return m.ago_days({ count: of(DAY) });
  if (age < 2 * MONTH) return m.ago_weeks({ count: of(WEEK) });
  if (age < YEAR) return m.ago_months({ count: of(MONTH) });
  if (age < 2 * YEAR) return m.ago_years_one();
  return m.ago_years({ count: of(YEAR) });
}

/** "Updated 3 weeks ago": how old what the province said is. */
export function updatedText(unixSeconds: number | null, nowSeconds: number): string {
  return unixSeconds === null ? m.updated_never() : m.updated({ when: agoText(unixSeconds, nowSeconds) });
}

/** A length of time in the largest unit that says it: "12 minutes", "3 days". */
export function spanText(seconds: number): string {
  const days = Math.round(seconds / DAY);
  if (days === 1) return m.span_days_one();
  if (days > 1) return m.span_days({ count: isolatedNumber(days) });
  const hours = Math.round(seconds / HOUR);
  if (hours > 1) return m.wait_hours({ count: isolatedNumber(hours) });
  return m.wait_minutes({ count: isolatedNumber(Math.max(1, Math.round(seconds / MINUTE))) });
}
