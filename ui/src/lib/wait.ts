/** Waits in words: nobody counts "180 seconds". */
import { isolatedNumber } from "$lib/format";
import { m } from "$lib/paraglide/messages.js";

const MINUTE = 60;
const HOUR = 3600;

/** Up to 90 seconds in seconds, up to 90 minutes in minutes, then in hours; rounded up, so that no wait is promised too short. */
export function waitText(seconds: number): string {
  if (seconds <= 1.5 * MINUTE) return m.wait_seconds({ count: isolatedNumber(Math.max(1, Math.ceil(seconds))) });
  if (seconds <= 1.5 * HOUR) return m.wait_minutes({ count: isolatedNumber(Math.ceil(seconds / MINUTE)) });
  return m.wait_hours({ count: isolatedNumber(Math.ceil(seconds / HOUR)) });
}
