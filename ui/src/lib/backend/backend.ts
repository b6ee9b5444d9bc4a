/** The one interface between the screens and whatever hosts them: every method is one command of the application. */
import { commandsOver, type Invoke } from "./bindings";
import { toBackendError } from "./error";

/** Each method rejects with a `BackendError` and with nothing else. */
export type Backend = ReturnType<typeof commandsOver>;

/** The commands over any way of calling one; both hosts share the generated list, so they cannot drift apart. */
export function backendOver(invoke: Invoke): Backend {
  const call: Invoke = async (command, args) => {
    try {
      return await invoke(command, args);
    } catch (thrown) {
      throw toBackendError(thrown);
    }
  };
  return commandsOver(call);
}
