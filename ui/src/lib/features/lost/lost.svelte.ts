/**
 * A report of a lost phone: the questions of an enrolment, whose answers are in this page's memory and nowhere else until
 * they are sent. Where to depends on whose page this is.
 */
import type { Backend, Draft, DraftCheck, LostPerson, PhotoView } from "$lib/backend";
import { type Keeper, type SendTrouble } from "../enrol/enrol.svelte";
import { EMPTY_DRAFT } from "../enrol/steps";

export type LostEnd = { kind: "told"; at: number } | { kind: "queued" };

/** Whoever checks and takes a report. */
export interface LostPort {
  check: (person: Draft) => Promise<DraftCheck>;
  /** A picture as it will be sent; kept nowhere. */
  prepare: (bytes: string) => Promise<PhotoView>;
  tell: (person: Draft, photo: string) => Promise<LostEnd>;
  /** Lets go of what there is of a report. */
  forget: () => void;
}

/** A phone that is anybody's: told at once, under a key for this once. */
export function atTheDoor(backend: Backend): LostPort {
  return {
    check: (person) => backend.checkPerson(person),
    prepare: (bytes) => backend.preparePhoto(bytes),
    tell: async (person, photo) => ({ kind: "told", at: (await backend.tellLost(person, photo)).disabled_at }),
    forget: () => void backend.forgetLost().catch(() => undefined),
  };
}

/** One's next wallet: it waits there for a network. `instead`: the refused report whose place it takes. */
export function inTheVault(backend: Backend, instead?: number): LostPort {
  return {
    check: (person) => backend.checkPerson(person),
    prepare: (bytes) => backend.preparePhoto(bytes),
    tell: async (person, photo) => {
      await backend.reportLost(person, photo, instead ?? null);
      return { kind: "queued" };
    },
    forget: () => undefined,
  };
}

export class LostReport implements Keeper {
  /** How it ended, once it has. */
  end = $state<LostEnd | null>(null);
  #person: Draft = { ...EMPTY_DRAFT };
  #photo: string | null = null;

  constructor(readonly port: LostPort) {}

  /** Begins with what was refused. */
  mend(refused: LostPerson): void {
    this.#person = refused.person;
    this.#photo = refused.photo;
  }

  draft = (): Promise<Draft> => Promise.resolve(this.#now());

  saveDraft = (draft: Draft): Promise<DraftCheck> => {
    this.#person = draft;
    return this.port.check(this.#now());
  };

  photo = (): Promise<PhotoView | null> => Promise.resolve(this.#photo === null ? null : { data_url: this.#photo });

  setPhoto = async (bytes: string): Promise<PhotoView> => {
    const view = await this.port.prepare(bytes);
    this.#photo = view.data_url;
    return view;
  };

  send = async (): Promise<SendTrouble | null> => {
    this.end = await this.port.tell(this.#now(), this.#photo ?? "");
    this.forget();
    return null;
  };

  /** Lets go of everything that was typed. */
  forget(): void {
    this.#person = { ...EMPTY_DRAFT };
    this.#photo = null;
    this.port.forget();
  }

  #now(): Draft {
    return { ...this.#person, has_photo: this.#photo !== null };
  }
}
