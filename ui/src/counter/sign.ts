/** How a visit came out, for the eye and the ear: each sign has a shape, a word, a colour and a tune of its own. */
import type { ScanReply, VerdictView } from "./bindings";

/** `amber`: accepted, with data that are older than the service wants. */
export type Sign = VerdictView | "amber";

/** The sign of a visit that is decided. A face that a gate still asks for is a question. */
export function signOf(visit: ScanReply): Sign {
  if (visit.attendance?.ask_face) return "undecided";
  const verdict = visit.verdict ?? "undecided";
  return verdict === "accepted" && visit.freshness === "amber" ? "amber" : verdict;
}
