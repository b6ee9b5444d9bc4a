/** The pictures that stand for profiles, in words. */
import type { Sign } from "$lib/backend";
import { textOf } from "$lib/texts";

export function signName(sign: Sign): string {
  return textOf(`sign_${sign}`) ?? sign;
}
