/**
 * A report of a lost phone: the questions of an enrolment, whose answers are in this page's memory and nowhere else. With
 * an open vault the report is queued there; without one it is sent at once and nothing of it stays.
 */
import { toBackendError, type Backend, type Draft } from "$lib/backend";
import { EMPTY_DRAFT } from "../enrol/steps";
import type { Keeper } from "../enrol/enrol.svelte";

export type LostEnd = { kind: "told"; at: number } | { kind: "queued" };

export class LostReport implements Keeper {
  /** How it ended, once it has. */
  end = $state<LostEnd | null>(null);
  #person: Draft = { ...EMPTY_DRAFT };
  #photo: string | null = null;

  constructor(
    readonly backend: Backend,
    /** Whether there is an open vault that can wait for a network. */
    readonly queued: boolean,
    /** The refused report that this one is in place of. */
    readonly instead: number | undefined = undefined,
  ) {}

  /** Reads the report that is to be mended, if there is one. */
  async open(): Promise<void> {
    if (this.instead === undefined) return;
    const refused = await this.backend.lostPerson(this.instead);
    if (!refused) return;
    this.#person = refused.person;
    this.#photo = refused.photo;
  }

  draft = () => Promise.resolve({ ...this.#person, has_photo: this.#photo !== null });

  saveDraft = (draft: Draft) => {
    this.#person = { ...draft, has_photo: this.#photo !== null };
    return this.backend.checkPerson(this.#person);
  };

  photo = () => Promise.resolve(this.#photo === null ? null : { data_url: this.#photo });

  setPhoto = async (bytes: string) => {
    const view = await this.backend.preparePhoto(bytes);
    this.#photo = view.data_url;
    return view;
  };

  send = async () => {
    if (this.queued) {
      await this.backend.reportLost(this.#person, this.#photo ?? "");
      if (this.instead !== undefined) await this.backend.discardErrand(this.instead);
      this.end = { kind: "queued" };
    } else {
      const { disabled_at } = await this.backend.tellLost(this.#person, this.#photo ?? "");
      this.end = { kind: "told", at: disabled_at };
    }
    this.forget();
    return null;
  };

  /** Lets go of everything that was typed. */
  forget(): void {
    this.#person = { ...EMPTY_DRAFT };
    this.#photo = null;
    if (!this.queued) void this.backend.forgetLost().catch((thrown: unknown) => toBackendError(thrown));
  }
}
