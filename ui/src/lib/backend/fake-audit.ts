/** What the stand-in province's audit log says: a few entries of each sort, two pages, and words of a newer province. */
import { fakeKind } from "./fake";
import type { AuditLine, AuditView } from "./types";

const DAY = 86_400;

/** The whole log, the newest first. */
export function fakeLog(): AuditLine[] {
  const now = Math.floor(Date.now() / 1000);
  let number = 4_800;
  const line = (ago: number, role: string, action: string, part: Partial<AuditLine> = {}): AuditLine => ({
    number: String((number -= 7)), at: now - ago, role, action, actor: null, vct: null, pass: null, child: null, count: null, ...part,
  });
  const about = (vct: string): Partial<AuditLine> => ({ vct, pass: fakeKind(vct) });
  return [
    line(900, "citizen", "passes_issued", { count: 12 }),
    line(1_500, "officer", "document_granted", { ...about("domicile"), actor: "o-204" }),
    line(DAY + 600, "counter", "proof_raised", { actor: "saddar-3" }),
    line(DAY + 4_000, "system", "document_granted", { ...about("b-form"), actor: "civil-registry", child: { no: 1, name_en: "Palwasha Gul", name_ur: "پلوشہ گل" } }),
    line(2 * DAY, "system", "application_read", { actor: "home-department" }),
    line(4 * DAY, "operator", "document_printed", about("domicile")),
    line(4 * DAY + 60, "province", "signed", { count: 1 }),
    line(20 * DAY, "auditor_general", "record_reviewed"),
    line(20 * DAY + 30, "nobody", "denied"),
    line(90 * DAY, "citizen", "enrolled"),
  ];
}

/** Lines of the first page: few, so that a second one is there to be asked for. */
const PAGE = 6;

/** A view with so many lines of the log. */
export function fakeAudit(before: AuditView, earlier: boolean, nowSeconds: number): AuditView {
  const log = fakeLog();
  const lines = log.slice(0, earlier ? before.lines.length + PAGE : PAGE);
  return { asked_at: earlier ? before.asked_at : nowSeconds, lines, more: lines.length < log.length, full: false };
}
