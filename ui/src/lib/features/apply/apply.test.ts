// Applications on the phone: a form page by page, what is wrong where it is, the review, and where each stands.
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, test } from "vitest";

import type { ApplicationStep, ApplicationView, FormField } from "$lib/backend";
import { fakeBackend, type FakeOptions } from "$lib/backend/fake";
import { useLanguage } from "$lib/i18n.svelte";
import { parentOf, Session } from "$lib/session.svelte";
import { answerTexts } from "./answers";
import ApplicationPage from "./ApplicationPage.svelte";
import Applications from "./Applications.svelte";
import Apply from "./Apply.svelte";
import { ApplyForm, isAsked, type Row } from "./form.svelte";
import Question from "./Question.svelte";
import { appealStory, leftText, reasonText, reminderOf, stepWords } from "$lib/applications";

const SERVICE = "domicile-certificate";
const STATES: ApplicationStep[] = [
  "draft", "queued", "sent", "not_taken", "submitted", "in_review", "information_wanted", "payment_due", "approved", "rejected", "withdrawn", "document_issued", "closed", "other",
];

beforeEach(() => useLanguage("en"));

async function begun(options: FakeOptions = {}) {
  const backend = fakeBackend({ lock: "open", enrolment: "enrolled", ...options });
  const session = new Session(backend);
  await session.start();
  return { backend, session };
}

const field = (change: Partial<FormField>): FormField => ({
  id: "a", name: { en: "A", ur: "ا", ps: "ا" }, help: null, kind: "text", optional: false, when: null, most: 0, choices: [], rows: [], ...change,
});

/** Whatever keeps the rules, as far as the stand-in checks them. */
function answers(pages: readonly { fields: readonly FormField[] }[]): Row {
  const typed: Row = {};
  for (const one of pages.flatMap((page) => page.fields)) {
    if (!isAsked(one, typed)) continue;
    if (one.kind === "declare" || one.kind === "yes_no") typed[one.id] = true;
    else typed[one.id] = one.choices[0]?.id ?? "1990-01-01";
  }
  return typed;
}

/** Without the marks that keep values in their place in a sentence. */
const plain = (text: string | null) => (text ?? "").replace(/[\u2066-\u2069]/g, "");

test("one is filled page by page, looked through and queued", async () => {
  const { backend, session } = await begun();
  await backend.beginApplication(SERVICE);
  expect(parentOf({ at: "apply", id: 1 })).toEqual({ at: "applications" });
  const { container } = render(Apply, { session, id: 1 });
  const view = await backend.application(1);
  await waitFor(() => expect(container.querySelector("form.step")).toBeTruthy());
  // What is missing is said on the page itself, once; then one goes on all the same and finds it in the review.
  await fireEvent.submit(container.querySelector("form.step") as HTMLFormElement);
  await waitFor(() => expect(container.querySelector('[role="alert"]')).toBeTruthy());
  for (let at = 0; at < 2 * view.pages.length; at += 1) {
    const form = container.querySelector("form.step");
    if (form) await fireEvent.submit(form);
    await Promise.resolve();
  }
  await screen.findByText("Look through it once more");
  const send = screen.getByRole<HTMLButtonElement>("button", { name: "Send application" });
  expect(send.disabled).toBe(true);
  expect(screen.getAllByText("Something here is missing or wrong.").length).toBeGreaterThan(0);

  await backend.saveApplication(1, JSON.stringify(answers(view.pages)));
  const whole = new ApplyForm(session, 1);
  await whole.load();
  expect(whole.errors).toEqual([]);
  await whole.send();
  expect(session.screen).toEqual({ at: "application", id: 1 });
  expect((await backend.applications())[0]?.state).toBe("queued");
});

test("what was typed is kept before anybody is led on, and stays where it cannot be kept", async () => {
  const { backend, session } = await begun({ failing: { saveApplication: "storage_full" } });
  await backend.beginApplication(SERVICE);
  const form = new ApplyForm(session, 1);
  await form.load();
  expect(form.errors.some((error) => error.field === "birth_place")).toBe(true);
  form.set("birth_place", "Khar");
  // The fault of before is not said of another answer.
  expect(form.errors.some((error) => error.field === "birth_place")).toBe(false);
  await form.next();
  expect([form.at, form.failed, form.typed["birth_place"]]).toEqual([0, "storage_full", "Khar"]);
});

test("the wallet says which answers it filled from which document", async () => {
  const { backend, session } = await begun();
  await backend.beginApplication(SERVICE);
  const form = new ApplyForm(session, 1);
  await form.load();
  form.mend(form.pages.findIndex((page) => page.fields.some((one) => one.id === "district")));
  const { container } = render(Apply, { session, id: 1 });
  await waitFor(() => expect(container.querySelector("form.step")).toBeTruthy());
  for (let at = 0; at < 2 && !container.querySelector(".from"); at += 1) {
    await fireEvent.submit(container.querySelector("form.step") as HTMLFormElement);
    await waitFor(() => expect(container.querySelector('[role="alert"]')).toBeTruthy());
    await fireEvent.submit(container.querySelector("form.step") as HTMLFormElement);
    await Promise.resolve();
  }
  await waitFor(() => expect(container.querySelector(".from")?.textContent).toContain("Identity"));
});

test("one that waits is taken back after a question, and a draft is removed after one", async () => {
  const { backend, session } = await begun();
  const view = await backend.beginApplication(SERVICE);
  await backend.saveApplication(1, JSON.stringify(answers(view.pages)));
  await backend.submitApplication(1);
  render(ApplicationPage, { session, id: 1 });
  await screen.findByText("Waits to be sent");
  await fireEvent.click(await screen.findByRole("button", { name: "Take it back" }));
  expect((await backend.applications())[0]?.state).toBe("queued");
  await fireEvent.click(screen.getByRole("button", { name: "Take it back" }));
  await screen.findByText("Being filled in");
  await fireEvent.click(await screen.findByRole("button", { name: "Remove it from this phone" }));
  await fireEvent.click(await screen.findByRole("button", { name: "Remove it from this phone" }));
  await waitFor(() => expect(session.screen).toEqual({ at: "applications" }));
});

test("the list opens a draft where it is filled, and is not empty in silence", async () => {
  const { backend, session } = await begun();
  const empty = render(Applications, { session });
  await screen.findByText("You have not applied for anything yet.");
  empty.unmount();
  await backend.beginApplication(SERVICE);
  render(Applications, { session });
  await fireEvent.click(await screen.findByRole("button", { name: /Domicile certificate/ }));
  expect(session.screen).toEqual({ at: "apply", id: 1 });
});

describe("words", () => {
  test.each(STATES)("state %s has a picture, a word and what comes next", (state) => {
    const words = stepWords(state);
    expect(words.text && words.next && words.icon).toBeTruthy();
  });

  test("every reason of the province is said, one of a newer province by the office's own text", () => {
    for (const reason of ["not_eligible", "information_missing", "particulars_differ", "duplicate", "fee_unpaid", "other_office", "other"]) {
      expect(reasonText(reason)).toBeTruthy();
    }
    expect([reasonText("newer"), reasonText(null)]).toEqual([null, null]);
  });

  test("answers are read as people write them", () => {
    const said = (change: Partial<FormField>, answer: Parameters<typeof answerTexts>[1]) => answerTexts(field(change), answer).map(plain);
    expect(said({ kind: "cnic" }, "9999912345671")).toEqual(["99999-1234567-1"]);
    expect(said({ kind: "date" }, "2026-11-24")).toEqual(["24-11-2026"]);
    expect(said({ kind: "yes_no" }, false)).toEqual(["no"]);
    expect(said({ kind: "choice", choices: [{ id: "x", name: { en: "Ex", ur: "", ps: "" } }] }, "x")).toEqual(["Ex"]);
    const rows = [field({ id: "n", kind: "name" }), field({ id: "c", kind: "cnic" })];
    expect(said({ kind: "list", rows }, [{ n: "Gul", c: "9999912345671" }, { n: "Zar" }])).toEqual(["Gul · 99999-1234567-1", "Zar"]);
    expect(said({}, "")).toEqual([]);
  });
});

test("a question of rows grows and shrinks, and each fault stands in its row", async () => {
  let answer: Row[] = [{ n: "Gul" }];
  const rows = [field({ id: "n", kind: "name", name: { en: "Name", ur: "", ps: "" } })];
  const view = render(Question, {
    field: field({ id: "heirs", kind: "list", rows, most: 2 }),
    value: answer,
    path: "heirs",
    errorOf: (path: string) => (path === "heirs.1.n" ? "name_wrong_script" : undefined),
    onanswer: (next: unknown) => (answer = next as Row[]),
  });
  expect(view.container.querySelector('[role="alert"]')).toBeTruthy();
  await fireEvent.click(screen.getByRole("button", { name: /Add another/ }));
  expect(answer).toEqual([{ n: "Gul" }, {}]);
  await fireEvent.click(screen.getByRole("button", { name: "Take this away" }));
  expect(answer).toEqual([]);
});

test("an appeal opens filled in, where only the declaration is missing", async () => {
  const { backend, session } = await begun();
  const view = await backend.beginApplication("rtps-appeal");
  const typed: Row = { ...answers(view.pages), declare_true: false };
  await backend.saveApplication(1, JSON.stringify(typed));
  const form = new ApplyForm(session, 1);
  await form.load();
  expect(form.page?.fields.some((one) => one.id === "declare_true")).toBe(true);
});

test("what is left of the law's time is said in its unit, and an appeal says what nobody has to write", () => {
  const left = (days: number, working = false) => plain(leftText({ on: "2026-11-29", left: days, working, provisional: false }));
  expect([left(7), left(1), left(0), left(-1), left(-9), left(3, true)]).toEqual([
    "7 days left", "1 day left", "Today is the last day", "1 day late", "9 days late", "3 working days left",
  ]);
  const words = (en: string) => ({ en, ur: "", ps: "" });
  const line = { id: 1, service: "fard", name: words("Fard"), office: words("Revenue"), state: "submitted" as const, at: 0, deadline: { on: "2026-11-29", left: -1, working: false, provisional: false } };
  const view = { line, submitted_at: 1_795_316_400, reason: null, said: null };
  expect(plain(appealStory(view as ApplicationView))).toBe("I applied for Fard at Revenue on 22-11-2026. The law gives the office until 29-11-2026. It has not decided yet.");
  const refused = { ...view, line: { ...line, deadline: null }, reason: "duplicate", said: "See the first one." };
  expect(appealStory(refused as ApplicationView)).toContain("The same was asked for before. See the first one.");
  // What the citizen should look at today.
  expect(plain(reminderOf(line)?.text ?? "")).toBe("Fard: 1 day late");
  expect(reminderOf({ ...line, deadline: { ...line.deadline, left: 3 } })).toBeNull();
  expect(plain(reminderOf({ ...line, deadline: null, state: "information_wanted" })?.text ?? "")).toBe("Fard: The office asks for something");
  expect(reminderOf({ ...line, deadline: null, state: "in_review" })).toBeNull();
});
