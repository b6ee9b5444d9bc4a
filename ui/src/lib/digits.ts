/** Digits as people type them (Western, Urdu, Arabic) and numbers as they are grouped on cards. */

const URDU_ZERO = 0x06f0;
const ARABIC_ZERO = 0x0660;

/** ۰-۹ and ٠-٩ become 0-9; everything else stays. */
export function foldDigits(text: string): string {
  return text.replace(/[۰-۹٠-٩]/g, (digit) => {
    const code = digit.charCodeAt(0);
    return String(code - (code >= URDU_ZERO ? URDU_ZERO : ARABIC_ZERO));
  });
}

/** The digits of a text, folded, and no more than `most` of them. */
export function digitsOf(text: string, most: number): string {
  return foldDigits(text).replace(/\D/g, "").slice(0, most);
}

/** `99999-*******-1`, for every place that is not the citizen's own screen. */
export function maskCnic(text: string): string {
  const digits = digitsOf(text, 13);
  return digits.length === 13 ? `${digits.slice(0, 5)}-*******-${digits.slice(12)}` : "*****-*******-*";
}

/** `9999912345671` as `99999-1234567-1`, as far as it is typed. */
export function groupCnic(text: string): string {
  return group(digitsOf(text, 13), [5, 12]);
}

/** `03001234567` as `0300-1234567`, as far as it is typed; a leading +92 is kept. */
export function groupMobile(text: string): string {
  const international = foldDigits(text).trim().startsWith("+");
  if (international) return `+${group(digitsOf(text, 12), [2, 5])}`;
  return group(digitsOf(text, 11), [4]);
}

function group(digits: string, cuts: readonly number[]): string {
  let out = "";
  for (const [index, digit] of [...digits].entries()) out += cuts.includes(index) ? `-${digit}` : digit;
  return out;
}

/**
 * Where the cursor belongs after a text was regrouped: behind as many digits as it was behind before.
 */
export function caretAfter(grouped: string, digitsBefore: number): number {
  if (digitsBefore <= 0) return 0;
  let seen = 0;
  for (let index = 0; index < grouped.length; index += 1) {
    if (/\d/.test(grouped.charAt(index))) seen += 1;
    if (seen === digitsBefore) return index + 1;
  }
  return grouped.length;
}

/** Regroups a number while it is typed and keeps the cursor behind the digit that was typed. */
export function regroup(value: string, input: HTMLInputElement | HTMLTextAreaElement, group: (text: string) => string): string {
  const before = foldDigits(value.slice(0, input.selectionStart ?? value.length)).replace(/\D/g, "").length;
  const text = group(value);
  input.value = text;
  const caret = caretAfter(text, before);
  input.setSelectionRange(caret, caret);
  return text;
}
