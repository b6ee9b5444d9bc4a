/** Where an application stands, in words: each state has its own picture and word, never a colour alone. */
import type { ApplicationLine, ApplicationStep, ApplicationView, DeadlineView } from "$lib/backend";
import { said } from "$lib/claims";
import type { IconName } from "$lib/components/icons";
import { dayOf, dayText, isolated, isolatedNumber } from "$lib/format";
import { m } from "$lib/paraglide/messages.js";
import { textOf } from "$lib/texts";

export interface StepWords {
  icon: IconName;
  tone: "brand" | "quiet" | "good" | "caution" | "bad";
  text: string;
  /** What that means, and what happens next. */
  next: string;
}

export function stepWords(state: ApplicationStep): StepWords {
  switch (state) {
    case "draft":
      return { icon: "edit", tone: "quiet", text: m.apply_state_draft(), next: m.apply_state_draft_next() };
    case "queued":
      return { icon: "past", tone: "caution", text: m.apply_state_queued(), next: m.apply_state_queued_next() };
    case "sent":
      return { icon: "send", tone: "brand", text: m.apply_state_sent(), next: m.apply_state_sent_next() };
    case "not_taken":
      return { icon: "bad", tone: "bad", text: m.apply_state_not_taken(), next: m.apply_state_not_taken_next() };
    case "submitted":
      return { icon: "tick", tone: "brand", text: m.apply_state_submitted(), next: m.apply_state_submitted_next() };
    case "in_review":
      return { icon: "search", tone: "brand", text: m.apply_state_in_review(), next: m.apply_state_in_review_next() };
    case "information_wanted":
      return { icon: "question", tone: "caution", text: m.apply_state_information_wanted(), next: m.apply_state_information_wanted_next() };
    case "payment_due":
      return { icon: "receipt", tone: "caution", text: m.apply_state_payment_due(), next: m.apply_state_payment_due_next() };
    case "approved":
      return { icon: "good", tone: "good", text: m.apply_state_approved(), next: m.apply_state_approved_next() };
    case "rejected":
      return { icon: "bad", tone: "bad", text: m.apply_state_rejected(), next: m.apply_state_rejected_next() };
    case "withdrawn":
      return { icon: "cross", tone: "quiet", text: m.apply_state_withdrawn(), next: m.apply_state_withdrawn_next() };
    case "document_issued":
      return { icon: "document", tone: "good", text: m.apply_state_document_issued(), next: m.apply_state_document_issued_next() };
    case "closed":
      return { icon: "good", tone: "good", text: m.apply_state_closed(), next: m.apply_state_closed_next() };
    case "other":
      return { icon: "info", tone: "quiet", text: m.apply_state_other(), next: m.apply_state_other_next() };
  }
}

/** How much of the law's time is left, in the unit of the limit; once it is over, the days since. */
export function leftText(deadline: DeadlineView): string {
  const { left, working } = deadline;
  if (left === 0) return m.apply_left_today();
  if (left < 0) return left === -1 ? m.apply_late_one() : m.apply_late({ count: isolatedNumber(-left) });
  if (left === 1) return m.apply_left_one();
  const count = isolatedNumber(left);
  return working ? m.apply_left_working({ count }) : m.apply_left({ count });
}

/** Days before the end of the law's time from which the citizen is reminded. */
const REMIND_DAYS = 2;

/** What the citizen should look at today, in words; nothing for an application that goes its way. */
export function reminderOf(line: ApplicationLine): { icon: IconName; text: string; bad: boolean } | null {
  const name = isolated(said(line.name));
  if (line.deadline && line.deadline.left <= REMIND_DAYS) {
    return { icon: "past", text: m.apply_remind({ service: name, what: leftText(line.deadline) }), bad: line.deadline.left < 0 };
  }
  if (line.state !== "information_wanted" && line.state !== "payment_due" && line.state !== "not_taken") return null;
  const { icon, text } = stepWords(line.state);
  return { icon, text: m.apply_remind({ service: name, what: text }), bad: line.state === "not_taken" };
}

/** What an appeal says, so that nobody has to write it: what was asked, of whom and when, and what became of it. */
export function appealStory(view: ApplicationView): string {
  const what = {
    service: said(view.line.name),
    office: said(view.line.office),
    date: view.submitted_at === null ? "" : dayOf(view.submitted_at),
  };
  if (view.line.deadline !== null) return m.apply_story_late({ ...what, deadline: dayText(view.line.deadline.on) });
  const reason = [reasonText(view.reason), view.said].filter(Boolean).join(" ");
  return m.apply_story_refused({ ...what, reason: reason || "–" });
}

/** Why an office refused, in words; a reason of a newer province is said by the office's own text. */
export function reasonText(reason: string | null): string | null {
  return reason === null ? null : textOf(`apply_reason_${reason}`) ?? null;
}
