/** Looks for the other phone's codes in the camera's picture, until it is told to stop. */
import { base64Of, lumaFrame } from "$lib/camera";
import type { Backend, MoveView } from "$lib/backend";
import { toBackendError } from "$lib/backend";

/** Five looks a second are quicker than a hand and leave a small phone its breath. */
const LOOK_EVERY_MS = 200;
/** What a camera sees by the way: an old code that is still on the other screen is no reason to alarm anybody. */
const PASSING = "move_code_wrong";

export function watchCodes(backend: Backend, video: HTMLVideoElement, onview: (view: MoveView) => void, onfail: (code: string) => void): () => void {
  const canvas = document.createElement("canvas");
  let gone = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = async (): Promise<void> => {
    if (gone) return;
    const frame = lumaFrame(video, canvas);
    try {
      const view = frame ? await backend.readMoveFrame(frame.width, frame.height, base64Of(frame.luma)) : null;
      if (view && !gone) onview(view);
    } catch (thrown) {
      const { code } = toBackendError(thrown);
      if (code !== PASSING && !gone) onfail(code);
    }
    if (!gone) timer = setTimeout(() => void look(), LOOK_EVERY_MS);
  };
  void look();
  return () => {
    gone = true;
    clearTimeout(timer);
  };
}
