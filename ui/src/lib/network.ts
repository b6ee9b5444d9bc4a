/** What a page can know of the connection, and whether anybody looks at it. */

/** The Network Information API, where a browser has it: Android's web view has most of it, the desktop's none. */
interface Connection extends EventTarget {
  readonly type?: string;
  readonly saveData?: boolean;
}

export interface NetworkView {
  metered: boolean;
  background: boolean;
}

function connection(): Connection | undefined {
  return (navigator as { connection?: Connection }).connection;
}

/** Mobile data, or a person who asked for little. A network of which nothing is known counts as free. */
export function networkNow(): NetworkView {
  const now = connection();
  return {
    metered: now?.saveData === true || now?.type === "cellular" || now?.type === "wimax",
    background: document.visibilityState !== "visible",
  };
}

/** Calls when another network is in use, until the returned function is called. */
export function onNetworkChange(call: () => void): () => void {
  const now = connection();
  now?.addEventListener?.("change", call);
  return () => now?.removeEventListener?.("change", call);
}
