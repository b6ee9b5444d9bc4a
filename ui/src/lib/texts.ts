/** Words for codes: what happened and what to do, in the language of the screen. */
import { m } from "$lib/paraglide/messages.js";

const texts = m as unknown as Record<string, ((values?: Record<string, unknown>) => string) | undefined>;

export interface ErrorText {
  /** What happened. */
  what: string;
  /** What to do. */
  next: string;
}

export function errorText(code: string): ErrorText {
  const known = texts[`code_${code}`] === undefined ? "internal" : code;
  return { what: textOf(`code_${known}`) ?? "", next: textOf(`code_${known}_next`) ?? "" };
}

/** The text with this key, when there is one. For keys that are put together from data; others are called by name. */
export function textOf(key: string): string | undefined {
  return texts[key]?.();
}
