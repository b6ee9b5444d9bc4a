/** Days and times of a gate, as its sheet has them. */

/** The day so many days from another, both `YYYY-MM-DD`. */
export function dayFrom(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

/** `9:05` in Pakistan, as the sheet has it, whatever time zone the desk's computer is in. */
export function clockInPakistan(unixSeconds: number): string {
  const minutes = Math.floor((unixSeconds + 5 * 3_600) / 60) % (24 * 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}
