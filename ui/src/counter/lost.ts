/** A lost phone, told at the desk: the questions of the citizen's own app, taken by the desk's program. */
import { BackendError, type FieldError, type UiCode } from "$lib/backend";
import type { LostPort } from "$lib/features/lost/lost.svelte";

import type { Api } from "./api";
import type { FieldReply } from "./bindings";
import { faceOf } from "./face";

/** The desk's program says codes that the app has words for, and some of its own. */
export const code = (said: string): UiCode => said as UiCode;
export const errors = (fields: readonly FieldReply[]): FieldError[] => fields.map((one) => ({ field: one.field, code: code(one.code) }));

export function atTheDesk(api: Api, face: typeof faceOf = faceOf): LostPort {
  return {
    check: async (person) => ({ errors: errors((await api.checkLost(person)).errors) }),
    prepare: async (bytes) => ({ data_url: await face(bytes).catch(() => Promise.reject(new BackendError("photo_unreadable"))) }),
    tell: async (person, photo) => {
      const reply = await api.tellLost({ person, photo: photo.slice(photo.indexOf(",") + 1) });
      if (reply.disabled_at !== null) return { kind: "told", at: reply.disabled_at };
      throw new BackendError(code(reply.code ?? "station_bad_answer"), reply.wait_seconds, errors(reply.fields));
    },
    forget: () => undefined,
  };
}
