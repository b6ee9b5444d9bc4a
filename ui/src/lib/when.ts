/** Moments in words: "today, 9:40". */
import { clockOf, dayOf, daysAgo, isolatedNumber } from "$lib/format";
import { m } from "$lib/paraglide/messages.js";

export function whenText(unixSeconds: number, nowSeconds: number): string {
  const time = isolatedNumber(clockOf(unixSeconds));
  const days = daysAgo(unixSeconds, nowSeconds);
  if (days === 0) return m.when_today({ time });
  if (days === 1) return m.when_yesterday({ time });
  return m.when_on({ date: isolatedNumber(dayOf(unixSeconds)), time });
}
