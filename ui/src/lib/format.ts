/** Numbers, days and times as the screens write them: Western digits, as printed on the cards, in every language. */

const LEFT_TO_RIGHT = "\u2066";
const FIRST_STRONG = "\u2068";
const END = "\u2069";

/** Keeps a value inside a sentence from being reordered by its neighbours: `<bdi>` for plain text. */
export function isolated(value: string): string {
  return `${FIRST_STRONG}${value}${END}`;
}

/** The same for digits, which read left to right wherever they stand. */
export function isolatedNumber(value: string | number): string {
  return `${LEFT_TO_RIGHT}${value}${END}`;
}

/** `2026-11-22` as `22-11-2026`, as on a CNIC. What is no day stays as it is. */
export function dayText(day: string): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  return parts ? `${parts[3]}-${parts[2]}-${parts[1]}` : day;
}

/** The day of a moment, in the time zone of the phone. */
export function dayOf(unixSeconds: number): string {
  const at = new Date(unixSeconds * 1000);
  return `${two(at.getDate())}-${two(at.getMonth() + 1)}-${at.getFullYear()}`;
}

/** `9:05`, in the time zone of the phone. */
export function clockOf(unixSeconds: number): string {
  const at = new Date(unixSeconds * 1000);
  return `${at.getHours()}:${two(at.getMinutes())}`;
}

/** How many midnights lie between two moments: 0 today, 1 yesterday. */
export function daysAgo(unixSeconds: number, nowSeconds: number): number {
  const midnight = (seconds: number) => new Date(seconds * 1000).setHours(0, 0, 0, 0);
  return Math.round((midnight(nowSeconds) - midnight(unixSeconds)) / 86_400_000);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
