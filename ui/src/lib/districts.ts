/** Finding one of 38 districts by any of its names, and guessing it from a CNIC as a hint only. */
import districts from "$assets/catalogue/districts.json";

import { digitsOf } from "$lib/digits";

export type District = (typeof districts)[number];

/** Districts whose name, in any language, holds the words; all of them for no words. */
export function findDistricts(words: string): District[] {
  const wanted = plain(words);
  if (wanted === "") return districts;
  return districts.filter((one) => [one.name.en, one.name.ur, one.name.ps, one.id].some((name) => plain(name).includes(wanted)));
}

/**
 * Districts where numbers like this one were first issued. Numbers do not change when people move: good for a suggestion
 * and for nothing else.
 */
export function suggestedBy(cnic: string): District[] {
  const prefix = digitsOf(cnic, 5);
  if (prefix.length < 5) return [];
  return districts.filter((one) => one.cnic_prefix.some((own) => prefix.startsWith(own)));
}

/** Letters that people type for each other, such as Arabic and Urdu ye, count as one. */
function plain(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[-\s()]+/g, " ")
    .replace(/[يىېۍئ]/g, "ی")
    .replace(/ك/g, "ک")
    .replace(/[هۀةھ]/g, "ہ")
    .replace(/ګ/g, "گ")
    .replace(/ټ/g, "ٹ")
    .replace(/ډ/g, "ڈ")
    .replace(/ړ/g, "ڑ");
}
