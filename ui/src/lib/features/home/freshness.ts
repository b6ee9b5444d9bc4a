/** How the card stands and how old its data are, as one state: each has its own icon and words, never a colour alone. */
import type { Home } from "$lib/backend/types";

export type Freshness = "revoked" | "ended" | "suspended" | "expired" | "old" | "fresh" | "unknown";

/** After this many days without news a card still works, and says that it could be fresher. */
export const OLD_AFTER_DAYS = 7;

export function freshnessOf(home: Home, nowSeconds: number): Freshness {
  if (home.standing !== "valid") return home.standing;
  if (home.trouble.ended !== null) return "ended";
  if (home.card && Date.parse(`${home.card.expires_on}T23:59:59Z`) / 1000 < nowSeconds) return "expired";
  if (home.last_sync_at === null) return "unknown";
  return nowSeconds - home.last_sync_at > OLD_AFTER_DAYS * 86_400 ? "old" : "fresh";
}
