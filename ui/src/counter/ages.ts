/** How old the desk's signed data are, in words. */
import { isolatedNumber } from "$lib/format";
import { m } from "$lib/paraglide/messages.js";

import type { CounterState, DataState } from "./bindings";

/** `2 days`, in the language of the screen; whole units, rounded down. */
export function ageText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 1) return m.counter_age_days({ count: isolatedNumber(days) });
  if (days === 1) return m.counter_age_day();
  if (hours > 1) return m.counter_age_hours({ count: isolatedNumber(hours) });
  if (hours === 1) return m.counter_age_hour();
  if (minutes > 1) return m.counter_age_minutes({ count: isolatedNumber(minutes) });
  return minutes === 1 ? m.counter_age_minute() : m.counter_age_now();
}

export interface AgeLine {
  text: string;
  /** Nothing can be decided with it. */
  trouble: boolean;
}

export function trustLine(trust: CounterState["trust"]): AgeLine {
  return line(trust.state, trust.age_seconds, {
    current: (age) => m.counter_trust_age({ age }),
    expired: (age) => m.counter_trust_expired({ age }),
    missing: () => m.counter_trust_missing(),
    broken: () => m.counter_trust_broken(),
  });
}

export function statusLine(status: CounterState["status"]): AgeLine {
  return line(status.state, status.age_seconds, {
    current: (age) => m.counter_status_age({ age }),
    expired: (age) => m.counter_status_expired({ age }),
    missing: () => m.counter_status_missing(),
    broken: () => m.counter_status_broken(),
  });
}

function line(state: DataState, seconds: number | null, words: Record<DataState, (age: string) => string>): AgeLine {
  return { text: words[state](ageText(seconds ?? 0)), trouble: state !== "current" };
}
