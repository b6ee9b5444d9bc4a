/**
 * Filling in an enrolment. Every "continue" saves first and asks second, so that nothing typed is ever lost; a question
 * lets nobody on while its own fields are wrong, and says nothing about later ones.
 */
import { toBackendError, type AppState, type Backend, type Draft, type DraftCheck, type FieldError, type PhotoView, type TestCitizen } from "$lib/backend";
import { EMPTY_DRAFT, STEPS, stepOf, type StepId, type TextFieldName } from "./steps";

export type EnrolScreen = StepId | "review" | "sending";

/** Why an enrolment that was sent has no result yet. */
export interface SendTrouble {
  code: string;
  retryAfterSeconds: number | null;
}

/** Where answers are kept, and what sending them means. */
export interface Keeper {
  draft: () => Promise<Draft>;
  saveDraft: (draft: Draft) => Promise<DraftCheck>;
  photo: () => Promise<PhotoView | null>;
  setPhoto: (bytes: string) => Promise<PhotoView>;
  send: Send;
}

/** Sends, with the code that came to the citizen's SIM if it was asked for; `null` when that is all, and the screen has been left. */
export type Send = (code: string | null) => Promise<SendTrouble | null>;

/** Digits of that code. */
export const SIM_CODE_DIGITS = 6;

/** Whether it is the code that is missing, or wrong. */
export function asksForCode(trouble: { code: string } | null | undefined): boolean {
  return trouble?.code.startsWith("sim_code_") ?? false;
}

/** Answers for a card of one's own, kept in the vault. */
export function enrolling(backend: Backend, done: (app: AppState) => void): Keeper & { takeOver: Send } {
  const outcome = (app: AppState): SendTrouble | null => {
    if (app.enrolment !== "enrolled") return troubleOf(app);
    done(app);
    return null;
  };
  return {
    draft: () => backend.draft(),
    saveDraft: (draft) => backend.saveDraft(draft),
    photo: () => backend.photo(),
    setPhoto: (bytes) => backend.setPhoto(bytes),
    send: async (code) => outcome(await backend.enrol(code)),
    takeOver: async (code) => outcome(await backend.rebind(code)),
  };
}

export class EnrolForm {
  draft = $state<Draft>({ ...EMPTY_DRAFT });
  /** The picture that was taken, as the vault keeps it. */
  photo = $state<string | null>(null);
  screen = $state<EnrolScreen>("cnic");
  /** What is wrong, by field, as far as it has been asked about. */
  errors = $state<Record<string, string>>({});
  busy = $state(false);
  /** What failed outside of any field. */
  failed = $state<string | null>(null);
  trouble = $state<SendTrouble | null>(null);
  /** Came here from the review, so "continue" leads back to it. */
  mending = $state(false);

  /** How it was sent last. */
  #how: Send | undefined;

  constructor(readonly keeper: Keeper) {}

  get position(): { at: number; of: number } {
    const at = STEPS.findIndex((step) => step.id === this.screen);
    return { at: at < 0 ? STEPS.length : at, of: STEPS.length };
  }

  /** Reads what was typed before and opens the first question that still needs an answer. */
  async open(app: AppState): Promise<void> {
    if (app.enrolment === "sent") {
      this.screen = "sending";
      await this.#attempt(() => this.#read());
      await this.send();
      return;
    }
    await this.begin();
    // The message may come while the app is closed.
    if (this.screen === "review" && asksForCode(app.enrolment_error)) {
      this.screen = "sending";
      this.trouble = troubleOf(app);
    }
  }

  /** The same where nothing was sent yet. */
  async begin(): Promise<void> {
    await this.#attempt(async () => {
      await this.#read();
      if (Object.entries(this.draft).every(([, value]) => value === "" || value === false)) return;
      const { errors } = await this.keeper.saveDraft($state.snapshot(this.draft));
      const first = STEPS.find((step) => step.fields.some((field) => errors.some((error) => error.field === field)));
      this.screen = first?.id ?? "review";
    });
  }

  set(field: TextFieldName, value: string): void {
    this.draft[field] = value;
    this.errors = without(this.errors, field);
  }

  /** Saves, then leads on when this question's fields are in order. */
  async next(): Promise<void> {
    const step = STEPS.find((one) => one.id === this.screen);
    if (!step) return;
    await this.#attempt(async () => {
      const { errors } = await this.keeper.saveDraft($state.snapshot(this.draft));
      const own = errors.filter((error) => (step.fields as readonly string[]).includes(error.field));
      this.errors = byField(own);
      if (own.length === 0) this.#after(step.id);
    });
  }

  /** One question back; false at the first. What is on the screen is saved on the way. */
  back(): boolean {
    if (this.screen === "sending") return true;
    const at = this.screen === "review" ? STEPS.length : STEPS.findIndex((step) => step.id === this.screen);
    void this.keeper.saveDraft($state.snapshot(this.draft)).catch(() => undefined);
    if (this.mending) {
      this.mending = false;
      this.screen = "review";
      return true;
    }
    const before = STEPS[at - 1];
    if (!before) return false;
    this.errors = {};
    this.screen = before.id;
    return true;
  }

  mend(step: StepId): void {
    this.mending = true;
    this.screen = step;
  }

  async setPhoto(bytes: string): Promise<void> {
    await this.#attempt(async () => {
      try {
        const { data_url } = await this.keeper.setPhoto(bytes);
        this.photo = data_url;
        this.draft.has_photo = true;
        this.errors = without(this.errors, "photo");
      } catch (thrown) {
        const { code } = toBackendError(thrown);
        if (!code.startsWith("photo_")) throw thrown;
        this.errors = { ...this.errors, photo: code };
      }
    });
  }

  /** Fills everything in as an invented person and goes to the review. */
  async useTestCitizen(citizen: TestCitizen): Promise<void> {
    this.draft = { ...citizen.draft, has_photo: false };
    this.errors = {};
    await this.setPhoto(citizen.portrait);
    await this.#attempt(async () => {
      const { errors } = await this.keeper.saveDraft($state.snapshot(this.draft));
      this.errors = byField(errors);
      this.screen = "review";
    });
  }

  /** Sends the answers, or goes on with what was sent; `how` where it is not the keeper's own way. */
  async send(how: Send = (code) => this.keeper.send(code), code: string | null = null): Promise<void> {
    if (this.busy) return;
    this.#how = how;
    this.busy = true;
    this.trouble = null;
    this.screen = "sending";
    try {
      this.trouble = await how(code);
    } catch (thrown) {
      const failed = toBackendError(thrown);
      if (failed.fields.length > 0) {
        this.errors = byField(failed.fields);
        this.screen = "review";
      } else {
        this.trouble = { code: failed.code, retryAfterSeconds: failed.retryAfterSeconds };
      }
    } finally {
      this.busy = false;
    }
  }

  /** Sends the same once more, with the code that came or, without one, for another. */
  async sendCode(code: string | null): Promise<void> {
    await this.send(this.#how, code);
  }

  /** From a failed sending back to what was typed. */
  review(): void {
    this.trouble = null;
    this.screen = "review";
  }

  /** What the vault keeps of the answers. */
  async #read(): Promise<void> {
    this.draft = await this.keeper.draft();
    this.photo = this.draft.has_photo ? ((await this.keeper.photo())?.data_url ?? null) : null;
  }

  #after(step: StepId): void {
    const at = STEPS.findIndex((one) => one.id === step);
    this.screen = this.mending ? "review" : (STEPS[at + 1]?.id ?? "review");
    this.mending = false;
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.failed = null;
    try {
      await work();
    } catch (thrown) {
      this.failed = toBackendError(thrown).code;
    } finally {
      this.busy = false;
    }
  }
}

function troubleOf(app: AppState): SendTrouble {
  return {
    code: app.enrolment_error?.code ?? "enrolment_waiting",
    retryAfterSeconds: app.enrolment_error?.retry_after_seconds ?? app.wait_seconds,
  };
}

function byField(errors: readonly FieldError[]): Record<string, string> {
  return Object.fromEntries(errors.map((error) => [error.field, error.code]));
}

function without(errors: Record<string, string>, field: string): Record<string, string> {
  return Object.fromEntries(Object.entries(errors).filter(([name]) => name !== field));
}

export { stepOf };
