/** What is on its way, in words: each state has its own picture and word, never a colour alone. */
import type { Item, ItemKind, OnItsWay } from "$lib/backend/types";
import { childName, passWords } from "$lib/claims";
import type { IconName } from "$lib/components/icons";
import { groupMobile } from "$lib/digits";
import { isolatedNumber } from "$lib/format";
import { m } from "$lib/paraglide/messages.js";

export interface StateWords {
  icon: IconName;
  tone: "brand" | "quiet" | "good" | "caution" | "bad";
  text: string;
}

export function stateWords(item: Item): StateWords {
  // What the province sends here has not to leave this phone first.
  const comes = item.what === "document";
  switch (item.state) {
    case "on_phone":
      return { icon: "phone", tone: "quiet", text: m.way_state_on_phone() };
    case "waiting":
      return { icon: "past", tone: "caution", text: comes ? m.way_state_coming() : m.way_state_waiting() };
    case "sent":
      return { icon: "send", tone: "brand", text: m.way_state_sent() };
    case "confirmed":
      return { icon: "good", tone: "good", text: comes ? m.way_state_here() : m.way_state_confirmed() };
    case "refused":
      return { icon: "bad", tone: "bad", text: m.way_state_refused() };
  }
}

const KINDS: Record<ItemKind, { icon: IconName; name: () => string }> = {
  enrolment: { icon: "card", name: m.way_enrolment },
  rebind: { icon: "phone", name: m.way_rebind },
  mobile: { icon: "phone", name: m.way_mobile },
  lost: { icon: "lock", name: m.way_lost },
  refill: { icon: "refresh", name: m.way_refill },
  document: { icon: "document", name: m.way_document },
  application: { icon: "edit", name: m.way_application },
  withdrawal: { icon: "cross", name: m.way_withdrawal },
};

export function itemWords(item: Item): { icon: IconName; name: string; detail?: string } {
  const { icon, name } = KINDS[item.what];
  if (item.kind) {
    const child = childName(item.child);
    return child ? { ...passWords(item.kind), detail: child } : passWords(item.kind);
  }
  return item.mobile === null ? { icon, name: name() } : { icon, name: name(), detail: isolatedNumber(groupMobile(item.mobile)) };
}

/** What still waits for an answer, or for the citizen. */
export const isOpen = (item: Item): boolean => item.state !== "confirmed";

/** One quiet line for the card's screen; nothing where nothing waits. What was refused is said before what waits. */
export function homeLine(way: OnItsWay): { icon: IconName; text: string; bad: boolean } | null {
  const open = way.items.filter((item) => isOpen(item) && item.state !== "on_phone");
  if (open.some((item) => item.state === "refused")) return { icon: "bad", text: m.way_home_refused(), bad: true };
  if (open.length === 0) return null;
  const text = open.length === 1 ? m.way_home_waiting_one() : m.way_home_waiting({ count: isolatedNumber(open.length) });
  return { icon: "past", text, bad: false };
}
