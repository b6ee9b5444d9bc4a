/** The province's audit log in words: who, what and on which day. Each word of the province's has its sentence here. */
import type { AuditLine } from "$lib/backend";
import type { AUDIT_ACTIONS, AUDIT_ROLES } from "$lib/backend/bindings";
import type { IconName } from "$lib/components/icons";
import { EVENTS, type Saying } from "$lib/events";
import { dayOf, daysAgo } from "$lib/format";
import { m } from "$lib/paraglide/messages.js";
import { agoText } from "$lib/when";

const ROLES: Record<(typeof AUDIT_ROLES)[number], Saying> = {
  citizen: { icon: "person", what: () => m.audit_role_citizen() },
  operator: { icon: "people", what: () => m.audit_role_operator() },
  officer: { icon: "card", what: () => m.audit_role_officer() },
  counter: { icon: "office", what: () => m.audit_role_counter() },
  system: { icon: "system", what: () => m.audit_role_system() },
  province: { icon: "certified", what: () => m.audit_role_province() },
  nobody: { icon: "question", what: () => m.audit_role_nobody() },
};

const ACTIONS: Record<(typeof AUDIT_ACTIONS)[number], Saying> = {
  ...EVENTS,
  signed: { icon: "certified", what: () => m.audit_did_signed() },
  document_printed: { icon: "document", what: () => m.audit_did_document_printed() },
  card_printed: { icon: "card", what: () => m.audit_did_card_printed() },
  document_consumed: { icon: "stamp", what: () => m.audit_did_document_consumed() },
  bulk_proposed: { icon: "people", what: () => m.audit_did_bulk_proposed() },
  bulk_approved: { icon: "people", what: () => m.audit_did_bulk_approved() },
  bulk_cancelled: { icon: "people", what: () => m.audit_did_bulk_cancelled() },
  bulk_done: { icon: "people", what: () => m.audit_did_bulk_done() },
  officer_invited: { icon: "card", what: () => m.audit_did_officer_invited() },
  officer_ended: { icon: "card", what: () => m.audit_did_officer_ended() },
  passkey_registered: { icon: "card", what: () => m.audit_did_passkey_registered() },
  signed_in: { icon: "enter", what: () => m.audit_did_signed_in() },
  found_done: { icon: "search", what: () => m.audit_did_found_done() },
  released: { icon: "leave", what: () => m.audit_did_released() },
  application_read: { icon: "search", what: () => m.audit_did_application_read() },
  audit_opened: { icon: "search", what: () => m.audit_did_audit_opened() },
  proofed: { icon: "shield", what: () => m.audit_did_proofed() },
  published: { icon: "receipt", what: () => m.audit_did_published() },
  key_made: { icon: "certified", what: () => m.audit_did_key_made() },
  key_retired: { icon: "certified", what: () => m.audit_did_key_retired() },
  key_withdrawn: { icon: "bad", what: () => m.audit_did_key_withdrawn() },
  counter_certified: { icon: "office", what: () => m.audit_did_counter_certified() },
  counter_ended: { icon: "office", what: () => m.audit_did_counter_ended() },
  system_key_added: { icon: "system", what: () => m.audit_did_system_key_added() },
  system_key_ended: { icon: "system", what: () => m.audit_did_system_key_ended() },
  webhook_set: { icon: "system", what: () => m.audit_did_webhook_set() },
  webhook_ended: { icon: "system", what: () => m.audit_did_webhook_ended() },
  webhook_redelivered: { icon: "system", what: () => m.audit_did_webhook_redelivered() },
  restored: { icon: "receipt", what: () => m.audit_did_restored() },
  dispatch_settled: { icon: "system", what: () => m.audit_did_dispatch_settled() },
  denied: { icon: "lock", what: () => m.audit_did_denied() },
};

/** The saying of a word; a word of a newer province has a general one. */
function saying(all: Record<string, Saying>, word: string, other: Saying): { icon: IconName; text: string } {
  const known = Object.hasOwn(all, word) ? all[word] : undefined;
  const { icon, what } = known ?? other;
  return { icon, text: what() };
}

/** What kind of actor did it. */
export const who = (line: AuditLine) => saying(ROLES, line.role, { icon: "question", what: () => m.audit_role_other() });

/** What was done. */
export const did = (line: AuditLine) => saying(ACTIONS, line.action, { icon: "info", what: () => m.event_other() });

export interface Day {
  /** As a number, "22-11-2026". */
  date: string;
  /** How long ago, in words. */
  words: string;
  lines: AuditLine[];
}

/** The lines by the day of the phone's time zone, in the order in which they came. */
export function byDay(lines: readonly AuditLine[], nowSeconds: number): Day[] {
  const days: Day[] = [];
  for (const line of lines) {
    const date = dayOf(line.at);
    const last = days.at(-1);
    if (last?.date === date) last.lines.push(line);
    else days.push({ date, words: dayWords(line.at, nowSeconds), lines: [line] });
  }
  return days;
}

function dayWords(unixSeconds: number, nowSeconds: number): string {
  const days = daysAgo(unixSeconds, nowSeconds);
  if (days === 0) return m.audit_today();
  if (days === 1) return m.audit_yesterday();
  // By whole days, so that all lines of a day say the same.
  return agoText(nowSeconds - days * 86_400, nowSeconds);
}
