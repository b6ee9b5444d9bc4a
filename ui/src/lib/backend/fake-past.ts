/** The past of the stand-in host: a few entries of each sort, and a search that looks for the letters alone. */
import { fakeKind } from "./fake";
import type { ClaimView, HistoryItem, PastAsk, PastEntry, PastPage } from "./types";

/** Entries of one page: small, so that a second page is there to be seen. */
const PAGE = 8;

type Bare = Record<"identity" | "photo" | "age" | "domicile", ClaimView[]>;

export function fakeEntries(claims: Bare): PastEntry[] {
  const now = Math.floor(Date.now() / 1000);
  const hospital = { desk_name_en: "Civil Hospital Khar", desk_name_ur: "سول ہسپتال خار", desk_name_ps: "سول روغتون خار" };
  const branch = { desk_name_en: "Domicile Branch, Peshawar", desk_name_ur: "ڈومیسائل برانچ، پشاور", desk_name_ps: "د ډومیسایل څانګه، پېښور" };
  const nobody = { desk_name_en: null, desk_name_ur: null, desk_name_ps: null };
  const entry = (ago: number, part: Partial<PastEntry>): PastEntry => ({ id: String(now - ago), at: now - ago, showing: null, service: null, found: null, ...part });
  const shown = (ago: number, vct: string, own: ClaimView[], part: Partial<HistoryItem>): PastEntry =>
    entry(ago, {
      showing: { at: now - ago, vct, kind: fakeKind(vct), child: null, mode: "request", ...nobody, outcome: "shown", reason: null, claims: own, last_pass: false, ...part },
    });
  const service = (ago: number, kind: string, vct: string | null): PastEntry =>
    entry(ago, { service: { kind, vct, pass: vct === null ? null : fakeKind(vct), child: null, reference: null } });
  return [
    shown(1_200, "identity", claims.identity, hospital),
    shown(90_000, "age", claims.age, { mode: "timed", last_pass: true }),
    service(180_000, "document_granted", "domicile"),
    shown(260_000, "identity", claims.photo, { outcome: "declined" }),
    shown(400_000, "identity", claims.photo, { ...hospital, outcome: "refused", reason: "request_over_asking" }),
    service(500_000, "mobile_changed", null),
    shown(700_000, "domicile", claims.domicile, branch),
    service(900_000, "passes_issued", null),
    service(1_000_000, "enrolled", null),
  ];
}

export function fakePast(all: readonly PastEntry[], ask: PastAsk): PastPage {
  const words = ask.words.trim().toLowerCase();
  const found = all.filter((entry) => {
    const { showing, service } = entry;
    const vct = showing?.vct ?? service?.vct;
    if (ask.vct !== null && vct !== ask.vct) return false;
    if (ask.filter === "shown" && showing?.outcome !== "shown") return false;
    if (ask.filter === "not_shown" && (!showing || showing.outcome === "shown")) return false;
    if (ask.filter === "service" && !service) return false;
    return words === "" || SOUNDS.includes(words) || JSON.stringify([showing, service]).toLowerCase().includes(words);
  });
  const start = ask.before === null ? 0 : found.findIndex((entry) => entry.id === ask.before) + 1;
  const page = found.slice(start, start + PAGE);
  const last = page.at(-1);
  const entries = page.map((entry) => ({ ...entry, found: words === "" ? null : SOUNDS.includes(words) ? ("sound" as const) : ("written" as const) }));
  return { entries, next: last && start + PAGE < found.length ? last.id : null };
}

/** Typed in the other letters: the wallet's own search finds it, the stand-in only this word. */
const SOUNDS = ["ہاسپٹل"];
