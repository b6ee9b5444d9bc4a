/** The application window as host. The only file that knows Tauri. */
import { invoke, isTauri } from "@tauri-apps/api/core";

import type { Invoke } from "./bindings";

export const insideTauri = isTauri;
export const tauriInvoke: Invoke = (command, args) => invoke(command, args);
