// Who looked, who issued: the screen in each of its states, and a sentence for each word of the province's log.
import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test } from "vitest";

import { BackendError, type AuditLine, type AuditView } from "$lib/backend";
import { AUDIT_ACTIONS, AUDIT_ROLES } from "$lib/backend/bindings";
import { fakeBackend, type FakeOptions } from "$lib/backend/fake";
import { LANGUAGES, useLanguage } from "$lib/i18n.svelte";
import { parentOf, Session } from "$lib/session.svelte";
import Audit from "./Audit.svelte";
import { byDay, did, who } from "./audit";
import Past from "./Past.svelte";

afterEach(() => useLanguage("en"));

const NOW = Math.floor(Date.now() / 1000);

function line(number: number, part: Partial<AuditLine> = {}): AuditLine {
  return { number: String(number), at: NOW - 60, role: "officer", actor: null, action: "document_granted", vct: null, pass: null, child: null, count: null, ...part };
}

const kept = (lines: AuditLine[], part: Partial<AuditView> = {}): AuditView => ({ asked_at: NOW - 90_000, lines, more: false, full: false, ...part });

async function open(options: FakeOptions = {}) {
  const backend = fakeBackend({ lock: "open", enrolment: "enrolled", ...options });
  const session = new Session(backend);
  await session.start();
  render(Audit, { session });
  await waitFor(() => expect(backend.calls).toContain("audit"));
  return { backend, session };
}

test("each word of the log has a sentence of its own in each language, and one that is not known a general one", () => {
  for (const { id } of LANGUAGES) {
    useLanguage(id);
    const unknown = line(1, { role: "oracle", action: "foreseen" });
    const general = [who(unknown).text, did(unknown).text];
    const roles = AUDIT_ROLES.map((role) => who(line(1, { role })).text);
    const actions = AUDIT_ACTIONS.map((action) => did(line(1, { action })).text);
    for (const said of [roles, actions]) {
      expect(new Set(said).size, id).toBe(said.length);
      expect(said.every((text) => text !== "" && !general.includes(text)), id).toBe(true);
    }
    expect(general.every((text) => text !== "")).toBe(true);
    // A word that every object knows is no word of ours.
    expect(did(line(1, { action: "constructor" })).text).toBe(general[1]);
  }
});

test("before the first question one sentence says what there is to ask, and nothing is sent unasked", async () => {
  const { backend } = await open();
  await screen.findByText(/The province writes down what is done/);
  expect(backend.calls).not.toContain("askAudit");
  await fireEvent.click(screen.getByRole("button", { name: "Ask the province" }));
  await screen.findByText("12 passes", { normalizer: (text) => text.replace(/[\u2066-\u2069]/g, "") });
  expect(screen.getByText(/As the province told it/)).toBeTruthy();
});

test("while it is asked words say so, and a second press asks nothing", async () => {
  const { backend, session } = await open();
  let answer: (view: AuditView) => void = () => undefined;
  let asked = 0;
  backend.askAudit = () => {
    asked += 1;
    return new Promise((done) => (answer = done));
  };
  expect(session.backend).toBe(backend);
  await fireEvent.click(await screen.findByRole("button", { name: "Ask the province" }));
  const busy = await screen.findByRole("button", { name: "Asking the province…" });
  await fireEvent.click(busy);
  expect(asked).toBe(1);
  answer(kept([]));
  await screen.findByText(/Nothing is written about you/);
});

test("without a network what is kept stays, with the moment it was told", async () => {
  const { session } = await open({ offline: true, audit: kept([line(2, { actor: "o-204" }), line(1, { role: "counter", action: "proof_raised" })]) });
  await screen.findByText("o-204");
  await fireEvent.click(screen.getByRole("button", { name: "Ask again" }));
  await screen.findByText(/No network now/);
  expect(session.offline).toBe(true);
  expect(screen.getAllByRole("listitem")).toHaveLength(2);
  expect(screen.getByText(/As the province told it/).textContent).toMatch(/yesterday|\d\d-\d\d-\d{4}/);
});

test("never asked and without a network, or refused: the code's own words", async () => {
  await open({ failing: { askAudit: "server_fault" } });
  await fireEvent.click(await screen.findByRole("button", { name: "Ask the province" }));
  expect((await screen.findByRole("alert")).textContent).not.toBe("");
  expect(screen.getByText(/The province writes down what is done/)).toBeTruthy();
});

test("a wallet that locked meanwhile leads to its door", async () => {
  const { backend, session } = await open();
  await screen.findByRole("button", { name: "Ask the province" });
  await backend.lock();
  backend.askAudit = () => Promise.reject(new BackendError("locked"));
  await fireEvent.click(screen.getByRole("button", { name: "Ask the province" }));
  await waitFor(() => expect(session.screen.at).toBe("unlock"));
});

test("earlier ones come from the phone first and then from the province, and each stands there once", async () => {
  const all = Array.from({ length: 120 }, (_, at) => line(500 - at));
  const { backend } = await open({ audit: kept(all.slice(0, 60), { more: true }) });
  backend.askAudit = (earlier) => {
    expect(earlier).toBe(true);
    return Promise.resolve(kept(all));
  };
  const rows = () => screen.getAllByRole("listitem").length;
  await waitFor(() => expect(rows()).toBe(50));
  await fireEvent.click(screen.getByRole("button", { name: "Show older" }));
  await waitFor(() => expect(rows()).toBe(60));
  await fireEvent.click(screen.getByRole("button", { name: "Show older" }));
  await waitFor(() => expect(rows()).toBe(120));
});

test("a phone that keeps no more says how many", async () => {
  await open({ audit: kept([line(1)], { full: true }) });
  await screen.findByText(/This phone keeps the newest/);
  expect(screen.queryByRole("button", { name: "Show older" })).toBeNull();
});

test("lines are grouped by day, each day with words and a date, and a row has its sign, its words and who did it", async () => {
  const day = 86_400;
  const noon = new Date(NOW * 1000).setHours(12, 0, 0, 0) / 1000;
  const days = byDay([line(4, { at: noon }), line(3, { at: noon - day }), line(2, { at: noon - day - 60 }), line(1, { at: noon - 5 * day })], noon);
  expect(days.map(({ words, lines }) => [words.replace(/[\u2066-\u2069]/g, ""), lines.length])).toEqual([["Today", 1], ["Yesterday", 2], ["5 days ago", 1]]);
  await open({ audit: kept([line(1, { actor: "o-204", vct: "domicile" })]) });
  const row = within(await screen.findByRole("listitem"));
  expect(row.getByText("Officer")).toBeTruthy();
  expect(row.getByText("o-204").tagName).toBe("BDI");
  expect(row.getByText("A document was granted")).toBeTruthy();
});

test("the past leads there, and back leads to where one was", async () => {
  const backend = fakeBackend({ lock: "open", enrolment: "enrolled" });
  const session = new Session(backend);
  await session.start();
  render(Past, { session });
  await fireEvent.click(await screen.findByRole("button", { name: "Who looked, who issued" }));
  expect(session.screen).toEqual({ at: "audit", from: "past" });
  expect(parentOf({ at: "audit", from: "past" })).toEqual({ at: "past" });
  expect(parentOf({ at: "audit", from: "me" })).toEqual({ at: "me" });
});
