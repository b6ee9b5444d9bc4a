/** Enrolling a citizen at the desk: their phone's code, and then the questions of their own app, taken by the desk's program. */
import { BackendError } from "$lib/backend";
import type { LostPort } from "$lib/features/lost/lost.svelte";

import { CallError, type Api } from "./api";
import type { PhoneReply } from "./bindings";
import type { Seeing } from "./desk.svelte";
import { faceOf } from "./face";
import { atTheDesk, code, errors } from "./lost";

/** The fingers that are asked for, the likeliest first. */
export const FINGERS = ["right_index", "right_thumb", "left_index", "left_thumb"] as const;
export type Finger = (typeof FINGERS)[number];

/** What counters that may enrol have among their kinds. */
export const ENROLS = "assisted-enrolment";

export class Enrolment implements Seeing {
  /** The phone whose code was read. */
  phone = $state.raw<PhoneReply>();
  finger = $state<Finger>(FINGERS[0]);
  /** Why the last code was none of a phone. */
  failed = $state<string>();

  constructor(readonly api: Api) {}

  async text(text: string): Promise<void> {
    await this.#read(() => this.api.readPhone(text));
  }

  async frame(width: number, height: number, luma: Uint8Array): Promise<void> {
    await this.#read(async () => (await this.api.seePhone(width, height, luma)).phone);
  }

  choose(finger: string): void {
    this.finger = FINGERS.find((one) => one === finger) ?? this.finger;
  }

  /** Reads another code than the last one. */
  again(): void {
    this.phone = undefined;
    this.failed = undefined;
  }

  async #read(read: () => Promise<PhoneReply | null>): Promise<void> {
    try {
      const phone = await read();
      if (phone === null || this.phone) return;
      this.phone = phone;
      this.failed = undefined;
    } catch (thrown) {
      if (!(thrown instanceof CallError)) throw thrown;
      this.failed = thrown.code;
    }
  }
}

/** Where the answers go: as those about a lost phone do, but with phone and finger to an enrolment. */
export function enrolling(api: Api, enrolment: Enrolment, face: typeof faceOf = faceOf): LostPort {
  return {
    ...atTheDesk(api, face),
    tell: async (person, photo) => {
      const reply = await api.enrolCitizen({
        phone: enrolment.phone?.phone ?? "",
        person,
        photo: photo.slice(photo.indexOf(",") + 1),
        finger: enrolment.finger,
      });
      if (reply.enrolled_at !== null) return { kind: "told", at: reply.enrolled_at };
      throw new BackendError(code(reply.code ?? "station_bad_answer"), reply.wait_seconds, errors(reply.fields));
    },
  };
}
