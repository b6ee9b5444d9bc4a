// What the vault holds, by person; one document; what is taken out and deleted.
import { fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";

import { fakeBackend, type FakeBackend, type FakeOptions } from "$lib/backend/fake";
import type { Export as Content, Language } from "$lib/backend/types";
import { exportPage } from "$lib/features/documents/page";
import { useLanguage } from "$lib/i18n.svelte";
import { Session } from "$lib/session.svelte";
import App from "./App.svelte";

async function open(options: FakeOptions = {}): Promise<{ backend: FakeBackend; session: Session }> {
  const backend = fakeBackend({ lock: "open", enrolment: "enrolled", ...options });
  const session = new Session(backend);
  render(App, { session });
  await session.start();
  session.go({ at: "documents" });
  await screen.findByRole("heading", { level: 1, name: /Documents and passes|دستاویزات/ });
  await screen.findAllByRole("listitem");
  return { backend, session };
}

const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const pressRow = (name: RegExp) => fireEvent.click(screen.getByRole("button", { name }));

test("the citizen's own come first, then each child's, every one with its state in words", async () => {
  await open();
  const people = screen.getAllByRole("heading", { level: 2 }).map((one) => one.textContent);
  expect(people).toEqual(["You", "Zari Gul"]);
  const own = within(screen.getByRole("region", { name: "You" }));
  const rows = own.getAllByRole("listitem").map((one) => one.textContent.trim());
  expect(rows[0]).toMatch(/^Identity.*Valid until.*18-02-2027.*Can be shown/);
  expect(rows.at(-1)).toMatch(/^Arms licence.*Was valid until.*Withdrawn/);
  expect(own.getByText("No longer valid, kept to look at")).toBeTruthy();
  const child = within(screen.getByRole("region", { name: "Zari Gul" }));
  expect(child.getByText(/Born on.*21-04-2016/)).toBeTruthy();
  expect(child.getAllByRole("listitem")).toHaveLength(1);
});

test("in Urdu people are called by their names in Urdu", async () => {
  await open({ language: "ur" });
  expect(screen.getAllByRole("heading", { level: 2 }).map((one) => one.textContent)).toEqual(["آپ", "زری گل"]);
});

test("a document says what it says, who issued it and how fresh that is", async () => {
  const { session } = await open();
  await pressRow(/^Domicile certificate/);
  await screen.findByRole("heading", { level: 1, name: "Domicile certificate" });
  expect(screen.getByText("PSH-26-104711")).toBeTruthy();
  expect(screen.getByText("Province of Khyber Pakhtunkhwa")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Show it to a desk" })).toBeTruthy();
  await press("Its history");
  await screen.findByRole("heading", { level: 1, name: /History of.*Domicile certificate/ });
  session.back();
  await screen.findByRole("heading", { level: 1, name: "Domicile certificate" });
  session.back();
  await screen.findByRole("heading", { level: 1, name: "Documents and passes" });
});

test("what the province withdrew cannot be shown and says so", async () => {
  await open();
  await pressRow(/^Arms licence/);
  await screen.findByText("Withdrawn");
  expect(screen.queryByRole("button", { name: "Show it to a desk" })).toBeNull();
  expect(screen.getByText(/Known on this phone since/)).toBeTruthy();
});

test("deleting says what it means, asks, and what is deleted can be had again", async () => {
  const { backend, session } = await open();
  await pressRow(/^Domicile certificate/);
  await fireEvent.click(await screen.findByRole("button", { name: "Delete from this phone" }));
  expect(screen.getByRole("alert").textContent).toContain("from this phone only");
  // Back is no.
  session.back();
  await fireEvent.click(await screen.findByRole("button", { name: "Delete from this phone" }));
  await press("Keep it");
  expect(backend.calls).not.toContain("deleteDocument");
  await fireEvent.click(screen.getByRole("button", { name: "Delete from this phone" }));
  await press("Delete it");
  await screen.findByText("Deleted from this phone");
  expect(screen.queryByRole("button", { name: /^Domicile certificate/ })).toBeNull();
  expect(screen.getAllByText("Domicile certificate")).toHaveLength(1);
  await fireEvent.click(screen.getAllByRole("button", { name: "Get it again" })[0] as HTMLElement);
  await waitFor(() => expect(backend.calls).toEqual(expect.arrayContaining(["wantDocument", "sync"])));
});

test("without a network it says that it comes later", async () => {
  await open({ offline: true });
  await press("Get it again");
  await screen.findByText(/It comes with the next refresh/);
});

test("the last copy of what ended is deleted for good, and the card and passes not at all", async () => {
  const { session } = await open();
  await pressRow(/^Arms licence/);
  await fireEvent.click(await screen.findByRole("button", { name: "Delete from this phone" }));
  expect(screen.getByRole("alert").textContent).toContain("Nobody can bring it back");
  for (const id of ["stock:identity", "stock:age"]) {
    session.go({ at: "document", id });
    await screen.findByText("About this copy");
    expect(screen.queryByRole("button", { name: "Delete from this phone" })).toBeNull();
  }
});

test("a file is written after the screen said that anybody can read it", async () => {
  const { backend, session } = await open();
  await press("Save a copy of everything");
  await press("Continue");
  expect(backend.calls).not.toContain("writeExport");
  await screen.findByRole("heading", { name: "The file is not encrypted" });
  session.back();
  await fireEvent.click(await screen.findByRole("radio", { name: /For programs/ }));
  await press("Continue");
  await press("Save it unencrypted");
  await screen.findByText("khyber-pass-export-2026-11-22.json");
  expect(backend.written).toEqual([null]);
  await press("Done");
  await screen.findByRole("heading", { level: 1, name: "Documents and passes" });
  await press("Save a copy of everything");
  await press("Continue");
  await press("Save it unencrypted");
  await screen.findByText("khyber-pass-export-2026-11-22.html");
  expect(backend.written[1]).toMatch(/^<!doctype html>/);
});

/** The page as a browser reads it. */
const read = (page: string) => new DOMParser().parseFromString(page, "text/html");

async function content(): Promise<Content> {
  return fakeBackend({ lock: "open", enrolment: "enrolled" }).export(null);
}

test.each(["en", "ur", "ps"] satisfies Language[])("the page holds everything in %s and asks for nothing from elsewhere", async (language) => {
  useLanguage(language);
  const page = exportPage(await content());
  const document = read(page);
  expect([document.documentElement.lang, document.documentElement.dir]).toEqual([language, language === "en" ? "ltr" : "rtl"]);
  const text = document.body.textContent;
  for (const value of ["Gul Zaman", "گل زمان", "99999-1234567-1", "PSH-26-104711", "Zari Gul", "DC-PSH-11872"]) expect(text).toContain(value);
  expect(text).not.toMatch(/undefined|null|\[object/);
  expect(text.includes("\0")).toBe(false);
  expect(document.querySelectorAll("article")).toHaveLength(8);
  expect(document.querySelectorAll("script, link, iframe, object, a, form, [onerror], [onload]")).toHaveLength(0);
  const addresses = [...document.querySelectorAll("[src], [href]")].map((one) => one.getAttribute("src") ?? one.getAttribute("href") ?? "");
  expect(addresses.every((address) => address.startsWith("data:image/"))).toBe(true);
  expect(page).not.toMatch(/https?:|url\(|@import/);
  // Five showings of a kind with claims, four things that the province did.
  const [showings, events] = [...document.querySelectorAll("tbody")].map((one) => one.querySelectorAll("tr").length);
  expect([showings, events]).toEqual([5, 4]);
});

test("hostile names are letters and nothing else", async () => {
  useLanguage("en");
  const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>&#x3c;svg onload='x'>\u202e</title></style>`;
  const all = JSON.parse(JSON.stringify(await content(), (key, value: unknown) => {
    const open = ["value", "en", "ur", "ps", "name_en", "name_ur", "issuer", "issued_on", "valid_until", "born_on", "photo_data_url", "kind"];
    return typeof value === "string" && open.includes(key) ? hostile : value;
  })) as Content;
  const page = exportPage(all);
  const document = read(page);
  expect(document.querySelectorAll("script, img, svg, [onerror], [onload]")).toHaveLength(0);
  expect(document.querySelectorAll("title, style")).toHaveLength(2);
  expect(document.body.textContent).toContain(hostile);
  expect(document.querySelector("meta[http-equiv=Content-Security-Policy]")?.getAttribute("content")).toContain("default-src 'none'");
});

test("one document alone is on its page with its own past", async () => {
  useLanguage("en");
  const backend = fakeBackend({ lock: "open", enrolment: "enrolled" });
  const document = read(exportPage(await backend.export("stock:domicile")));
  expect(document.querySelectorAll("article")).toHaveLength(1);
  const [showings] = [...document.querySelectorAll("tbody")].map((one) => one.querySelectorAll("tr").length);
  expect(showings).toBe(1);
});
