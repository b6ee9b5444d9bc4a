/** What is on its way at the stand-in host. */
import type { Item, KindView, OnItsWay, UiCode } from "./types";

export function fakeItem(now: number, what: Item["what"], state: Item["state"], id: number, code?: UiCode): Item {
  return {
    id, what, state, kind: null, child: null, at: now - 4_000,
    error: code ? { code, retry_after_seconds: null, fields: [] } : null,
    attempts: state === "waiting" ? 0 : 1, can_mend: state === "refused", can_retry: false, mobile: what === "mobile" && state !== "confirmed" ? "0345-7654321" : null, can_discard: state !== "sent" && !(what === "refill" && state === "waiting"), can_give_up: false, application: null,
  };
}

/** One line of each state. */
export function fakeWay(now: number, kindOf: (vct: string) => KindView): OnItsWay {
  return {
    items: [
      fakeItem(now, "mobile", "refused", 5, "mobile_malformed"),
      fakeItem(now, "refill", "waiting", 4),
      { ...fakeItem(now, "lost", "sent", 3, "network_timeout"), attempts: 4, can_give_up: true },
      { ...fakeItem(now, "document", "waiting", 6), id: null, at: null, kind: kindOf("driving-licence"), can_discard: false },
      fakeItem(now, "enrolment", "confirmed", 1),
      { ...fakeItem(now, "document", "confirmed", 2), id: null, at: null, kind: kindOf("domicile"), can_discard: false },
    ],
    last_sync_at: now - 600,
    trust_as_of: now - 2 * 86_400,
    status_as_of: now - 22 * 86_400,
    next_try_in: 240,
    waits_for_free_network: false,
    on_metered: false,
    in_background: true,
    mobile: "0300-1234567",
  };
}
