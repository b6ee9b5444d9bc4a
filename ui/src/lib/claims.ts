/** Claims and kinds of pass in words and icons, the same at the citizen's and at the desk's screen. */
import districts from "$assets/districts.json";

import type { ClaimView } from "$lib/backend/types";
import type { IconName } from "$lib/components/icons";
import { dayText, isolated, isolatedNumber } from "$lib/format";
import { inLanguage } from "$lib/i18n.svelte";
import { m } from "$lib/paraglide/messages.js";
import { textOf } from "$lib/texts";

export interface ClaimWords {
  icon: IconName;
  /** What it is. */
  label: string;
  /** Its value in words; absent when only the kind is known. */
  value: string | undefined;
  /** Label and value as one phrase, for a chip: "Over 18", "District: Bajaur". */
  phrase: string;
}

const ICONS: Record<string, IconName> = {
  over_18: "age",
  over_60: "age",
  date_of_birth: "calendar",
  district: "district",
  tehsil: "district",
  address: "home",
  merged_district: "district",
  assurance: "certified",
  photo: "picture",
  photo_sha256: "picture",
  cnic: "card",
  id: "card",
  guardian_name_en: "people",
  guardian_name_ur: "people",
  guardian: "people",
  guardian_local: "people",
  guardian_relation: "people",
};

export function claimWords(claim: Pick<ClaimView, "key" | "value"> & Partial<Pick<ClaimView, "script">>): ClaimWords {
  const label = textOf(`claim_${claim.key}`) ?? m.claim_other();
  const icon = ICONS[claim.key] ?? "person";
  if (claim.value === null || claim.value === undefined) return { icon, label, value: undefined, phrase: label };
  if (claim.value === "true" || claim.value === "false") {
    const phrase = textOf(`claim_${claim.key}_${claim.value}`);
    const value = claim.value === "true" ? m.yes() : m.no();
    return { icon, label, value, phrase: phrase ?? `${label}: ${value}` };
  }
  const value = valueWords(claim.key, claim.value);
  const apart = claim.script === "number" ? isolatedNumber(value) : isolated(value);
  return { icon, label, value, phrase: `${label}: ${apart}` };
}

function valueWords(key: string, value: string): string {
  if (key === "district") return districtName(value);
  if (key === "gender" || key === "guardian_relation") return textOf(`${key}_${value}`) ?? value;
  if (key === "assurance") return m.assurance_level({ level: value });
  return dayText(value);
}

/** The district's name in the language of the screen; what is no district stays as it is. */
export function districtName(id: string): string {
  const one = districts.find((district) => district.id === id);
  return one ? inLanguage({ en: one.name_en, ur: one.name_ur, ps: one.name_ps }) : id;
}

/** Claims that people take for one thing: a name in two scripts is one name. */
const GROUPS: Record<string, string> = {
  name_ur: "name_en",
  guardian_name_ur: "guardian_name_en",
  guardian_relation: "guardian_name_en",
};

export interface ClaimGroup {
  key: string;
  icon: IconName;
  label: string;
  claims: ClaimView[];
}

/** The claims under the headings that people know them by; the picture of the face, which says most, comes first. */
export function claimGroups(claims: readonly ClaimView[]): ClaimGroup[] {
  const groups = new Map<string, ClaimView[]>();
  for (const claim of claims) {
    const key = GROUPS[claim.key] ?? claim.key;
    groups.set(key, [...(groups.get(key) ?? []), claim]);
  }
  return [...groups]
    .map(([key, own]) => ({ key, icon: claimWords({ key, value: null }).icon, label: claimWords({ key, value: null }).label, claims: own }))
    .sort((a, b) => Number(b.key === "photo") - Number(a.key === "photo"));
}

/** The same headings where only the kinds of claims are known: "over 60" said of somebody younger would be wrong. */
export function claimHeadings(keys: readonly string[]): string[] {
  const groups = claimGroups(keys.map((key) => ({ key, value: null, script: "word" })));
  return groups.map((group) => textOf(`claim_${group.key}_whether`) ?? group.label);
}

const PASS_ICONS: Record<string, IconName> = { age: "age", residence: "district", identity: "card", "name-photo": "person" };

/** A kind of pass: its name, what it is for, and its icon. */
export function passWords(vct: string): { icon: IconName; name: string } {
  const key = `pass_${vct.replaceAll("-", "_")}`;
  return { icon: PASS_ICONS[vct] ?? "document", name: textOf(key) ?? m.pass_other() };
}
