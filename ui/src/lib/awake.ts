/** Keeps the screen lit while something is shown on it. Where the phone refuses, nothing is lost. */

/** No screen goes dark this soon, and asking the system at once would hold up the first picture. */
const ASK_AFTER_MS = 500;

/** Begins to keep it lit; what it returns ends it. */
export function keepAwake(): () => void {
  let lamp: { release: () => Promise<void> } | undefined;
  let over = false;
  const timer = setTimeout(() => {
    navigator.wakeLock?.request("screen").then((held) => {
      if (over) void held.release();
      else lamp = held;
    }, () => undefined);
  }, ASK_AFTER_MS);
  return () => {
    over = true;
    clearTimeout(timer);
    void lamp?.release().catch(() => undefined);
  };
}
