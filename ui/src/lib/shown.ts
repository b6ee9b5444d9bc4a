/** A past showing in words: to whom, and what became of it. */
import type { ShowingMode, ShowingOutcome } from "$lib/backend/types";
import type { IconName } from "$lib/components/icons";
import { inLanguage } from "$lib/i18n.svelte";
import { m } from "$lib/paraglide/messages.js";

/** The certified desk's name, or why there is none. */
export function toWhom(desk: { en: string | null; ur: string | null; ps: string | null }, mode: ShowingMode): string {
  const name = inLanguage(desk);
  if (name !== "") return name;
  return mode === "request" ? m.past_unknown_desk() : m.past_nobody_asked();
}

export function outcomeWords(outcome: ShowingOutcome): { icon: IconName; text: string; tone: "good" | "quiet" | "caution" } {
  switch (outcome) {
    case "shown":
      return { icon: "good", text: m.past_shown(), tone: "good" };
    case "declined":
      return { icon: "cross", text: m.past_declined(), tone: "quiet" };
    case "refused":
      return { icon: "caution", text: m.past_refused(), tone: "caution" };
  }
}
