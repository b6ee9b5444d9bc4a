/** Fee and time limit of a service in words: what no source says is to be confirmed with the department, never a number. */
import type { NeededKind, ServiceView, Words } from "$lib/backend";
import { rupees } from "$lib/claims";
import type { IconName } from "$lib/components/icons";
import { isolatedNumber } from "$lib/format";
import { m } from "$lib/paraglide/messages.js";

export function feeText(fee: ServiceView["fee_rupees"]): string {
  if (fee === null) return m.services_unconfirmed();
  return fee === 0 ? m.services_free() : m.money_rupees({ amount: isolatedNumber(rupees(String(fee * 100))) });
}

export function limitText(limit: ServiceView["limit"]): string {
  if (limit === null) return m.services_unconfirmed();
  const count = isolatedNumber(limit.days);
  if (limit.days === 0) return m.services_same_day();
  if (limit.working) return limit.days === 1 ? m.services_working_days_one() : m.services_working_days({ count });
  return limit.days === 1 ? m.span_days_one() : m.span_days({ count });
}

/** The sign of what is brought along. */
export const NEEDED_ICONS: Record<NeededKind, IconName> = {
  paper: "document",
  identity: "card",
  photo: "person",
  form: "edit",
  payment: "receipt",
  detail: "info",
  thing: "vehicle",
  other: "document",
};

/** The sign of what happens in a life; what a newer catalogue brings has a general one. */
export function eventIcon(id: string): IconName {
  return Object.hasOwn(EVENT_ICONS, id) ? EVENT_ICONS[id] ?? "star" : "star";
}

const EVENT_ICONS: Record<string, IconName> = {
  birth: "child",
  school: "document",
  job: "card",
  marriage: "people",
  vehicle: "vehicle",
  driving: "wheel",
  land: "district",
  building: "home",
  farm: "crop",
  business: "office",
  illness: "health",
  help: "star",
  loss: "search",
  abroad: "globe",
  disaster: "caution",
  death: "flower",
  wrong: "question",
};

/** The ombudsman's service: complaints about every office of the province. */
const OMBUDSMAN = "mohtasib-complaint";

/** The service that hears an appeal: the one that a source names, else the ombudsman's; none for that one itself. */
export function appealOf(service: ServiceView): { id: string; name: Words | null } | null {
  if (service.guide?.appeal) return service.guide.appeal;
  return service.id === OMBUDSMAN ? null : { id: OMBUDSMAN, name: null };
}
