/** The commands by name, over any way of calling one. Both hosts share this list, so they cannot drift apart. */
import type { Backend } from "./backend";
import { toBackendError } from "./error";

/** Calls one command; rejects with the host's own error. */
export type Invoke = <T>(command: string, args?: Record<string, unknown>) => Promise<T>;

export function backendOver(invoke: Invoke): Backend {
  const call: Invoke = async (command, args) => {
    try {
      return await invoke(command, args);
    } catch (thrown) {
      throw toBackendError(thrown);
    }
  };
  return {
    appState: () => call("app_state"),
    setLanguage: (language) => call("set_language", { language }),
    createVault: (pin) => call("create_vault", { pin }),
    unlock: (pin) => call("unlock", { pin }),
    lock: () => call("lock"),
    draft: () => call("draft"),
    saveDraft: (draft) => call("save_draft", { draft }),
    setPhoto: (bytes) => call("set_photo", { bytes }),
    enrol: () => call("enrol"),
    sync: () => call("sync"),
    home: () => call("home"),
    timedChoices: () => call("timed_choices"),
    showTimed: (vct, audience) => call("show_timed", { vct, audience }),
    showingFrames: (id) => call("showing_frames", { id }),
    endShowing: (id) => call("end_showing", { id }),
    readRequestPicture: (bytes) => call("read_request_picture", { bytes }),
    readRequestFrame: (width, height, luma) => call("read_request_frame", { width, height, luma }),
    readRequestText: (text) => call("read_request_text", { text }),
    answerRequest: (id) => call("answer_request", { id }),
    declineRequest: (id) => call("decline_request", { id }),
    history: () => call("history"),
    testCitizens: () => call("test_citizens"),
  };
}
