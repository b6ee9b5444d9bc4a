// The sentences of the screens, so that tests look for what a citizen reads.
import { readFileSync } from "node:fs";

export const LANGUAGES = ["en", "ur", "ps"];
/** What each language calls itself on the first screen. */
export const OWN_NAME = { en: "English", ur: "اردو", ps: "پښتو" };

const messages = Object.fromEntries(
  LANGUAGES.map((language) => [
    language,
    JSON.parse(readFileSync(new URL(`../../../ui/messages/${language}.json`, import.meta.url), "utf8")),
  ]),
);

const register = JSON.parse(readFileSync(new URL("../../../assets/types/types.json", import.meta.url), "utf8"));

/** The name of a kind of pass under `pass_<kind>`, as the type register has it. */
function kind(language, key) {
  const vct = key.startsWith("pass_") ? key.slice("pass_".length).replaceAll("_", "-") : undefined;
  return register.types.find((one) => one.vct === vct)?.name[language];
}

/** The sentence of a key, with its parameters filled in. */
export function words(language, key, parameters = {}) {
  const text = messages[language][key] ?? kind(language, key);
  if (typeof text !== "string") throw new Error(`there is no text ${key} in ${language}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => String(parameters[name]));
}
