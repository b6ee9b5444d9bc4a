/** An application while it is filled: what was typed is kept on the phone page by page, and whatever is wrong is said where it is. */
import type { ApplicationView, FieldError, FormField, FormPage } from "$lib/backend";
import type { Session } from "$lib/session.svelte";

export type Answer = string | boolean | string[] | Row[] | number | null;
export interface Row { [field: string]: Answer }

/** Whether the answers before ask this. */
export function isAsked(field: FormField, typed: Row): boolean {
  if (field.when === null) return true;
  const answer = typed[field.when.field];
  return answer !== undefined && answer !== null && field.when.is.includes(String(answer));
}

export class ApplyForm {
  view = $state.raw<ApplicationView | null>(null);
  typed = $state<Row>({});
  errors = $state.raw<readonly FieldError[]>([]);
  /** The page that is open; behind the last one is the review. */
  at = $state(0);
  failed = $state<string | null>(null);
  busy = $state(false);
  /** Pages that were left once: what is wrong on them is said. */
  #left = $state<readonly number[]>([]);
  #unsaved = false;

  constructor(readonly session: Session, readonly id: number) {}

  async load(): Promise<void> {
    try {
      this.#take(await this.session.backend.application(this.id));
    } catch (thrown) {
      this.failed = this.session.failed(thrown).code;
    }
  }

  #take(view: ApplicationView): void {
    this.view = view;
    this.typed = JSON.parse(view.typed) as Row;
    this.errors = view.errors;
    if (this.at === 0) this.at = this.#entry(view);
  }

  /**
   * Where somebody goes on: what the province did not take in the review, where every fault has its place; an appeal, which is
   * filled in already, and a draft that was left where the first answer is missing.
   */
  #entry(view: ApplicationView): number {
    if (view.line.state === "not_taken") return view.pages.length;
    const filled = view.filled.map((one) => one.field);
    const isBegun = view.is_appeal || Object.keys(this.typed).some((field) => !filled.includes(field));
    const first = view.pages.findIndex((page) => this.wrong(page));
    return isBegun && first > 0 ? first : 0;
  }

  get pages(): readonly FormPage[] {
    return this.view?.pages ?? [];
  }

  get page(): FormPage | undefined {
    return this.pages[this.at];
  }

  get atReview(): boolean {
    return this.view !== null && this.at >= this.pages.length;
  }

  /** What is asked on a page, after the answers so far. */
  asked(page: FormPage): FormField[] {
    return page.fields.filter((field) => isAsked(field, this.typed));
  }

  /** Codes of what is wrong with a field, or with a row of it (`heirs.2.person_cnic`), once its page was left. */
  errorOf(path: string, at = this.at): string | undefined {
    if (!this.#left.includes(at) && !this.atReview) return undefined;
    return this.errors.find((error) => error.field === path)?.code;
  }

  /** Whether anything on this page, or in one of its rows, is wrong. */
  wrong(page: FormPage): boolean {
    const ids = this.asked(page).map((field) => field.id);
    return this.errors.some((error) => ids.some((id) => error.field === id || error.field.startsWith(`${id}.`)));
  }

  set(field: string, answer: Answer): void {
    this.typed[field] = answer;
    // What was said of the answer before says nothing of this one, which is looked at when the page is left.
    this.errors = this.errors.filter((error) => error.field !== field && !error.field.startsWith(`${field}.`));
    this.#unsaved = true;
  }

  /** Keeps what was typed. False where it could not be kept: then nobody is led on. */
  async keep(): Promise<boolean> {
    if (!this.#unsaved) return true;
    try {
      this.#unsaved = false;
      this.errors = await this.session.backend.saveApplication(this.id, JSON.stringify(this.typed));
      this.failed = null;
      return true;
    } catch (thrown) {
      this.#unsaved = true;
      this.failed = this.session.failed(thrown).code;
      return false;
    }
  }

  async next(): Promise<void> {
    this.#left = [...this.#left, this.at];
    if (!(await this.keep())) return;
    const page = this.page;
    // What is wrong is shown once; whoever goes on all the same finds it again in the review.
    if (page && this.wrong(page) && this.#left.filter((at) => at === this.at).length === 1) return;
    this.at += 1;
  }

  /** A step back inside the form; false at its first page. */
  back(): boolean {
    if (this.at === 0) {
      void this.keep();
      return false;
    }
    void this.keep();
    this.at -= 1;
    return true;
  }

  mend(at: number): void {
    this.#left = [...this.#left, at];
    this.at = at;
  }

  async send(): Promise<void> {
    if (!(await this.keep())) return;
    this.busy = true;
    try {
      this.view = await this.session.backend.submitApplication(this.id);
      this.session.go({ at: "application", id: this.id });
    } catch (thrown) {
      const error = this.session.failed(thrown);
      this.failed = error.code;
      if (error.fields.length > 0) this.errors = error.fields;
    } finally {
      this.busy = false;
    }
  }
}
