/** What the province did, in words: its own kinds of events (`province_api`), and one sentence for those of a newer one. */
import type { ServiceItem } from "$lib/backend/types";
import { passWords } from "$lib/claims";
import type { IconName } from "$lib/components/icons";
import { m } from "$lib/paraglide/messages.js";

export interface EventWords {
  icon: IconName;
  what: string;
  /** Which document, if it is about one. */
  about: string | undefined;
  /** The number under which the office, or who carries it to the office, has the application. */
  reference: string | null;
}

/** An icon and a sentence, in the language of the moment. */
export interface Saying {
  icon: IconName;
  what: () => string;
}

export const EVENTS = {
  enrolled: { icon: "good", what: () => m.event_enrolled() },
  passes_issued: { icon: "card", what: () => m.event_passes_issued() },
  document_granted: { icon: "document", what: () => m.event_document_granted() },
  document_withdrawn: { icon: "bad", what: () => m.event_document_withdrawn() },
  document_handed_over: { icon: "people", what: () => m.event_document_handed_over() },
  suspended: { icon: "paused", what: () => m.event_suspended() },
  resumed: { icon: "good", what: () => m.event_resumed() },
  revoked: { icon: "bad", what: () => m.event_revoked() },
  mobile_changed: { icon: "phone", what: () => m.event_mobile_changed() },
  proof_raised: { icon: "shield", what: () => m.event_proof_raised() },
  device_key_changed: { icon: "shield", what: () => m.event_device_key_changed() },
  device_replaced: { icon: "phone", what: () => m.event_device_replaced() },
  wallet_disabled: { icon: "lock", what: () => m.event_wallet_disabled() },
  application_changed: { icon: "document", what: () => m.event_application_changed() },
} satisfies Record<string, Saying>;

export function eventWords(item: ServiceItem): EventWords {
  const known = (EVENTS as Record<string, Saying | undefined>)[item.kind];
  return {
    icon: known?.icon ?? "info",
    what: known?.what() ?? m.event_other(),
    about: item.pass ? passWords(item.pass).name : undefined,
    reference: item.reference,
  };
}
