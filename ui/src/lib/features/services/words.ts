/** Fee and time limit of a service in words: what no source says is to be confirmed with the department, never a number. */
import type { ServiceView } from "$lib/backend";
import { rupees } from "$lib/claims";
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
