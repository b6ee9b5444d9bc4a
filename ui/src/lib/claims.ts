/** Claims and kinds of pass in words and icons, the same at the citizen's and at the desk's screen. */
import districts from "$assets/catalogue/districts.json";

import type { Child, ClaimView, KindView, Words } from "$lib/backend/types";
import { ICONS, type IconName } from "$lib/components/icons";
import { dayText, isolated, isolatedNumber } from "$lib/format";
import { inLanguage } from "$lib/i18n.svelte";
import { m } from "$lib/paraglide/messages.js";

/** A claim as either program lists it; the words are those of the province's type register. */
export type Claim = Pick<ClaimView, "key" | "label"> & Partial<Pick<ClaimView, "value" | "words">> & { script?: string };

/** A text of the province in the language of the screen; an empty one means "as in English". */
export const said = (words: Words) => inLanguage({ en: words.en, ur: words.ur || null, ps: words.ps || null });

export interface ClaimWords {
  icon: IconName;
  /** What it is. */
  label: string;
  /** Its value in words; absent when only the kind is known. */
  value: string | undefined;
  /** Label and value as one phrase, for a chip: "18 or older", "District: Bajaur". */
  phrase: string;
}

/** By the key, for those that most kinds share; else by how the value is set. */
const BY_KEY: Record<string, IconName> = {
  over_18: "age",
  over_60: "age",
  address: "home",
  gender: "person",
  merged_district: "district",
  tehsil: "district",
  assurance: "certified",
  photo: "picture",
  cnic: "card",
  guardian_name_en: "people",
  guardian_name_ur: "people",
  guardian_relation: "people",
  child_name_en: "child",
  child_name_ur: "child",
  child_number: "card",
  holder_is: "people",
};

const BY_SCRIPT: Record<string, IconName> = { date: "calendar", district: "district", money: "receipt" };

function iconOf(claim: Claim): IconName {
  const stem = claim.key.replace(/^.*_(cnic|name)$/, "$1");
  return BY_KEY[claim.key] ?? BY_SCRIPT[claim.script ?? ""] ?? (stem === "cnic" ? "card" : /name/.test(claim.key) ? "person" : "document");
}

export function claimWords(claim: Claim): ClaimWords {
  const label = said(claim.label) || m.claim_other();
  const icon = iconOf(claim);
  if (claim.value === null || claim.value === undefined) return { icon, label, value: undefined, phrase: label };
  if (claim.value === "true" || claim.value === "false") {
    const phrase = claim.words ? said(claim.words) : "";
    const value = phrase || (claim.value === "true" ? m.yes() : m.no());
    return { icon, label, value, phrase: phrase || `${label}: ${value}` };
  }
  const value = valueWords(claim, claim.value);
  const apart = claim.script !== "date" && isInFigures(claim, value) ? isolatedNumber(value) : isolated(value);
  return { icon, label, value, phrase: `${label}: ${apart}` };
}

/**
 * Whether a value is figures alone, which are set left to right in the figures' own font. A level and an amount have words
 * beside theirs, whose letters that font may lack.
 */
export function isInFigures(claim: Pick<Claim, "script">, value: string): boolean {
  return ["number", "date", "money"].includes(claim.script ?? "") && !/\p{L}/u.test(value);
}

function valueWords(claim: Claim, value: string): string {
  if (claim.words) return said(claim.words);
  if (claim.script === "district") return districtName(value);
  if (claim.script === "money") return m.money_rupees({ amount: rupees(value) });
  if (claim.key === "assurance") return m.assurance_level({ level: value });
  return dayText(value);
}

/** Paisa as rupees, in groups of thousands; the paisa only where there are some. */
export function rupees(paisa: string): string {
  const padded = paisa.padStart(3, "0");
  const whole = padded.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
  const rest = padded.slice(-2);
  return rest === "00" ? whole : `${whole}.${rest}`;
}

/** The district's name in the language of the screen; what is no district stays as it is. */
export function districtName(id: string): string {
  const one = districts.find((district) => district.id === id);
  return one ? inLanguage(one.name) : id;
}

/** Claims that people take for one thing: a name in two scripts is one name. */
const GROUPS: Record<string, string> = {
  name_ur: "name_en",
  guardian_name_ur: "guardian_name_en",
  guardian_relation: "guardian_name_en",
  child_name_ur: "child_name_en",
};

export interface ClaimGroup<C extends Claim> {
  key: string;
  icon: IconName;
  label: string;
  claims: C[];
}

/** The claims under the headings that people know them by; the picture of the face, which says most, comes first. */
export function claimGroups<C extends Claim>(claims: readonly C[]): ClaimGroup<C>[] {
  const groups = new Map<string, C[]>();
  for (const claim of claims) {
    const key = GROUPS[claim.key] ?? claim.key;
    groups.set(key, [...(groups.get(key) ?? []), claim]);
  }
  return [...groups]
    .flatMap(([key, own]) => {
      const first = own.find((claim) => claim.key === key) ?? own[0];
      return first ? [{ key, icon: iconOf(first), label: claimWords({ ...first, value: null }).label, claims: own }] : [];
    })
    .sort((a, b) => Number(b.key === "photo") - Number(a.key === "photo"));
}

/** The same headings alone. */
export function claimHeadings(claims: readonly Claim[]): string[] {
  return claimGroups(claims).map((group) => group.label);
}

/** What a child is called whose document a guardian holds; nothing for the citizen's own. */
export function childName(child: Child | null | undefined): string | undefined {
  if (!child) return undefined;
  return inLanguage({ en: child.name_en, ur: child.name_ur || null, ps: child.name_ur || null }) || m.child_unnamed();
}

/** A kind of pass: its name and its icon, as the register has them. */
export function passWords(kind: { name: Words; icon: string } | KindView | null | undefined): { icon: IconName; name: string } {
  const icon = kind?.icon ?? "";
  return { icon: icon in ICONS ? (icon as IconName) : "document", name: (kind && said(kind.name)) || m.pass_other() };
}
