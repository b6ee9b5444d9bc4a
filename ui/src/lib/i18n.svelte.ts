/**
 * The language of the screens. Texts read `language.current` through Paraglide, so a change redraws what is on the screen
 * without a page load; `lang` and `dir` of the page follow.
 */
import type { Language } from "$lib/backend/types";
import { overwriteGetLocale } from "$lib/paraglide/runtime.js";

export const LANGUAGES = [
  { id: "ur", name: "اردو", dir: "rtl" },
  { id: "ps", name: "پښتو", dir: "rtl" },
  { id: "en", name: "English", dir: "ltr" },
] as const satisfies readonly { id: Language; name: string; dir: "ltr" | "rtl" }[];

class CurrentLanguage {
  current = $state<Language>("en");
}

export const language = new CurrentLanguage();

overwriteGetLocale(() => language.current);

export function directionOf(id: Language): "ltr" | "rtl" {
  return id === "en" ? "ltr" : "rtl";
}

export function useLanguage(id: Language): void {
  language.current = id;
  document.documentElement.lang = id;
  document.documentElement.dir = directionOf(id);
}

/** Picks the text of the screen's language from a record with one for each, such as a desk's or a district's name. */
export function inLanguage(names: { en: string | null; ur: string | null; ps: string | null }): string {
  return names[language.current] ?? names.en ?? names.ur ?? names.ps ?? "";
}
