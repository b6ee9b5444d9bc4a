/** Applications of the stand-in host: the packaged forms, kept while the page is open, and checked for what is missing alone. */
import fields from "$assets/catalogue/fields.json";
import steps from "$assets/catalogue/steps.json";
import topics from "$assets/catalogue/topics.json";

import type { Backend } from "./backend";
import { BackendError } from "./error";
import { fakeForm, fakeService, type FakeAsked } from "./fake-services";
import type { ApplicationStep, ApplicationView, FieldError, FieldKind, FormField, FormPage, Words } from "./types";

interface Ask {
  type: string;
  max?: number;
  choices?: { id: string; name: Words }[];
  of?: (string | FakeAsked)[];
}

interface Field {
  id: string;
  name: Words;
  help?: Words;
  ask: Ask;
}

const FIELDS = fields as unknown as readonly Field[];
const NOBODY: Words = { en: "", ur: "", ps: "" };

type Methods = "applications" | "application" | "beginApplication" | "beginAppeal" | "saveApplication" | "submitApplication" | "takeBackApplication" | "deleteApplication";
type Did = <T>(name: Methods, act: () => T) => Promise<T>;

function question(asked: string | FakeAsked): FormField[] {
  const whole = typeof asked === "string" ? { field: asked } : asked;
  const field = FIELDS.find((one) => one.id === whole.field);
  if (!field) return [];
  const { ask } = field;
  const most = { text: 200, long: 1_000, list: 20 }[ask.type];
  return [
    {
      id: field.id,
      name: field.name,
      help: field.help ?? null,
      kind: ask.type as FieldKind,
      optional: whole.optional ?? false,
      when: whole.when ? { field: whole.when.field, is: whole.when.is.map(String) } : null,
      most: most === undefined ? 0 : ask.max ?? most,
      choices: ask.choices ?? [],
      rows: (ask.of ?? []).flatMap(question),
    },
  ];
}

function pagesOf(service: string): FormPage[] {
  const pages = fakeForm(service)?.pages ?? [];
  return pages.map((page) => ({
    name: topics.find((topic) => topic.id === page.topic)?.name ?? NOBODY,
    fields: page.fields.flatMap(question),
  }));
}

function missing(pages: readonly FormPage[], typed: Record<string, unknown>): FieldError[] {
  const asked = pages.flatMap((page) => page.fields).filter((field) => !field.when || field.when.is.includes(String(typed[field.when.field])));
  const open = asked.filter((field) => !field.optional && [undefined, null, "", false].includes(typed[field.id] as null));
  return open.map((field) => ({ field: field.id, code: field.kind === "declare" ? "declaration_missing" : "field_missing" }));
}

/** The commands of applications. */
export function fakeApplications(did: Did): Pick<Backend, Methods> {
  const all: ApplicationView[] = [];
  const now = () => Math.floor(Date.now() / 1000);

  function find(id: number): ApplicationView {
    const found = all.find((one) => one.line.id === id);
    if (!found) throw new BackendError("application_gone");
    return found;
  }

  function put(view: ApplicationView, state: ApplicationStep): ApplicationView {
    const next = { ...view, line: { ...view.line, state, at: now() }, can_change: state === "draft", can_take_back: state === "queued" };
    all.splice(all.findIndex((one) => one.line.id === view.line.id), 1, next);
    return next;
  }

  function begin(id: string): ApplicationView {
    const service = fakeService(id);
    const form = fakeForm(id);
    if (!service?.guide || !form) throw new BackendError("form_unknown");
    const draft = all.find((one) => one.line.service === id && one.line.state === "draft");
    if (draft) return draft;
    const pages = pagesOf(id);
    const asksDistrict = pages.some((page) => page.fields.some((field) => field.id === "district"));
    const typed = asksDistrict ? { district: "peshawar" } : {};
    const view: ApplicationView = {
      line: { id: all.length + 1, service: id, name: service.name, office: service.office, state: "draft", at: now(), deadline: null },
      typed: JSON.stringify(typed),
      filled: asksDistrict ? [{ field: "district", from: { en: "Identity", ur: "شناخت", ps: "پېژندګلوي" } }] : [],
      pages,
      errors: missing(pages, typed),
      error: null,
      documents: service.guide.documents,
      documents_sourced: service.guide.documents_sourced,
      steps: form.steps.flatMap((step) => steps.find((one) => one.id === step)?.name ?? []),
      fee_rupees: service.fee_rupees,
      pays: service.guide.pays,
      limit: service.limit,
      authority: service.guide.authority,
      place: service.guide.place,
      submitted_at: null,
      is_appeal: false,
      appeal: null,
      reason: null,
      said: null,
      due_rupees: null,
      challan: null,
      can_change: true,
      can_take_back: false,
    };
    all.push(view);
    return view;
  }

  return {
    applications: () => did("applications", () => all.map((one) => one.line).reverse()),
    application: (id) => did("application", () => find(id)),
    beginApplication: (service) => did("beginApplication", () => begin(service)),
    beginAppeal: (id, story) =>
      did("beginAppeal", () => {
        const { appeal } = find(id);
        if (!appeal) throw new BackendError("still_underway");
        const begun = begin(appeal.id);
        return put({ ...begun, is_appeal: true, typed: JSON.stringify({ ...(JSON.parse(begun.typed) as object), what_happened: story }) }, "draft");
      }),
    saveApplication: (id, typed) =>
      did("saveApplication", () => {
        const view = find(id);
        const errors = missing(view.pages, JSON.parse(typed) as Record<string, unknown>);
        put({ ...view, typed, errors }, "draft");
        return errors;
      }),
    submitApplication: (id) =>
      did("submitApplication", () => {
        const view = find(id);
        if (view.errors.length > 0) throw new BackendError("fields_invalid", null, view.errors);
        return put(view, "queued");
      }),
    takeBackApplication: (id) => did("takeBackApplication", () => put(find(id), "draft")),
    deleteApplication: (id) =>
      did("deleteApplication", () => {
        all.splice(all.indexOf(find(id)), 1);
        return null;
      }),
  };
}
