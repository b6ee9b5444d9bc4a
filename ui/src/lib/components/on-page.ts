/** Whether a screen stands on a page that has other things around it, such as the desk's. */
import { getContext, setContext } from "svelte";

const KEY = Symbol("on a page");

/** Called by what puts screens on a page of its own. */
export function onPage(): void {
  setContext(KEY, true);
}

export function isOnPage(): boolean {
  return getContext<boolean | undefined>(KEY) ?? false;
}
