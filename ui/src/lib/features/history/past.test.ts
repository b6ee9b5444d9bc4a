// The past, as the citizen reads it, searches it and forgets it.
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";

import { fakeBackend, type FakeBackend } from "$lib/backend/fake";
import type { Language } from "$lib/backend";
import { Session } from "$lib/session.svelte";
import Past from "./Past.svelte";

async function open(language: Language = "en"): Promise<FakeBackend> {
  const backend = fakeBackend({ lock: "open", enrolment: "enrolled", language });
  const session = new Session(backend);
  await session.start();
  render(Past, { session });
  await screen.findAllByRole("listitem");
  return backend;
}

/** The claims of what was shown, newest first, in the screen's own order. */
const lines = () =>
  screen.getAllByRole("listitem").flatMap((item) => item.querySelector(".claims")?.textContent ?? []);

test("an identity is told in the words people have for its parts, each of them once", async () => {
  await open();
  expect(lines().slice(0, 4)).toEqual([
    "Photo, Name, Father's or husband's name, CNIC number, Date of birth, Gender, Address, District",
    "Whether 18 or older",
    "Photo, Name",
    "Photo, Name",
  ]);
});

test("in Urdu too, with its own comma", async () => {
  await open("ur");
  expect(lines()[2]).toBe("تصویر، نام");
});

test("what the province did is in the same list, and one that is not known is told as that", async () => {
  const backend = await open();
  expect(screen.getByText("A document was granted")).toBeTruthy();
  expect(backend.calls.filter((call) => call === "past")).toHaveLength(1);
});

test("a page follows the other, and a search begins anew", async () => {
  await open();
  const first = screen.getAllByRole("listitem").length;
  await fireEvent.click(screen.getByRole("button", { name: "Show older" }));
  await waitFor(() => expect(screen.getAllByRole("listitem").length).toBeGreaterThan(first));
  await fireEvent.input(screen.getByRole("searchbox"), { target: { value: "peshawar" } });
  await waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(1));
  await fireEvent.input(screen.getByRole("searchbox"), { target: { value: "zzz" } });
  await screen.findByText(/Nothing found/);
});

test("an entry is deleted after one question, the whole list after two", async () => {
  const backend = await open();
  const buttons = () => screen.getAllByRole("button", { name: "Delete this entry", hidden: true });
  await fireEvent.click(screen.getAllByRole("button", { expanded: false })[0] as HTMLElement);
  await fireEvent.click(buttons()[0] as HTMLElement);
  expect(backend.calls).not.toContain("forgetPast");
  await fireEvent.click(screen.getByRole("button", { name: "Delete" }));
  await waitFor(() => expect(backend.calls).toContain("forgetPast"));

  await fireEvent.click(screen.getByRole("button", { name: "Delete history" }));
  await fireEvent.click(screen.getByRole("radio", { name: "All of it" }));
  await fireEvent.click(screen.getByRole("button", { name: "Continue" }));
  await fireEvent.click(screen.getByRole("button", { name: "Delete" }));
  expect(backend.calls).not.toContain("forgetPastBetween");
  await fireEvent.click(screen.getByRole("button", { name: "Delete" }));
  await screen.findByText(/Nothing yet/);
  expect(backend.calls).toContain("forgetPastBetween");
});
