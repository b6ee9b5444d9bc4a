/** A document's state, its issuer and its days in words: on the screens and on the page that is taken out. */
import type { Document, DocumentState, Person } from "$lib/backend/types";
import type { IconName } from "$lib/components/icons";
import { dayText, isolatedNumber } from "$lib/format";
import { language } from "$lib/i18n.svelte";
import { m } from "$lib/paraglide/messages.js";

export interface StateWords {
  icon: IconName;
  tone: "good" | "caution" | "bad" | "quiet";
  text: string;
  /** What that means for whoever holds it. */
  next: string;
}

export function stateWords(state: DocumentState): StateWords {
  switch (state) {
    case "shows":
      return { icon: "good", tone: "good", text: m.document_shows(), next: m.document_shows_next() };
    case "suspended":
      return { icon: "paused", tone: "caution", text: m.document_suspended(), next: m.document_suspended_next() };
    case "look_only":
      return { icon: "info", tone: "quiet", text: m.document_look_only(), next: m.document_look_only_next() };
    case "ended":
      return { icon: "calendar", tone: "quiet", text: m.document_ended(), next: m.document_ended_next() };
    case "replaced":
      return { icon: "refresh", tone: "quiet", text: m.document_replaced(), next: m.document_replaced_next() };
    case "withdrawn":
      return { icon: "bad", tone: "bad", text: m.document_withdrawn(), next: m.document_withdrawn_next() };
  }
}

/** Whether it is over for good and only kept. */
export const isOver = (state: DocumentState): boolean => state === "ended" || state === "replaced" || state === "withdrawn";

/** How long it holds, or held. */
export function untilText(document: Document): string {
  const date = isolatedNumber(dayText(document.valid_until));
  return isOver(document.state) ? m.document_was_until({ date }) : m.document_until({ date });
}

/** The short name on the wire of the province that this app is made for. */
const PROVINCE = "PK-KP";

export function issuerText(document: Document): string {
  if (document.issuer === null) return m.document_issuer_unknown();
  return document.iss === PROVINCE ? m.document_issuer_kp() : document.issuer;
}

/** Somebody's name in the script of the screen, and the same in the other one; empty where there is none. */
export function namesOf(person: Person): { first: string; other: string } {
  const [first, other] = language.current === "en" ? [person.name_en, person.name_ur] : [person.name_ur, person.name_en];
  return first === "" ? { first: other, other: "" } : { first, other };
}
