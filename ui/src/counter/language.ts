/** The desk's language: what was chosen on this machine, else what its browser prefers. */
import type { Language } from "$lib/backend/types";
import { LANGUAGES, useLanguage } from "$lib/i18n.svelte";

const PLACE = "khyber-counter-language";

export function useDeskLanguage(): void {
  const wishes = [window.localStorage.getItem(PLACE) ?? "", ...navigator.languages];
  for (const wish of wishes) {
    const known = LANGUAGES.find((one) => wish.toLowerCase().split("-")[0] === one.id);
    if (known) return useLanguage(known.id);
  }
  useLanguage("en");
}

export function chooseDeskLanguage(id: Language): void {
  window.localStorage.setItem(PLACE, id);
  useLanguage(id);
}
