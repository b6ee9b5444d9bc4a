/** Chooses the host once, when the page starts. */
import { backendOver, type Backend } from "./backend";
import { previewInvoke } from "./preview";
import { insideTauri, tauriInvoke } from "./tauri";
import { takeToken } from "./token";

export type { Backend } from "./backend";
export { BackendError, toBackendError } from "./error";
export type * from "./types";

export function connect(): Backend {
  return backendOver(insideTauri() ? tauriInvoke : previewInvoke(takeToken()));
}
