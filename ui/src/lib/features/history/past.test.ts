// What was shown before, as the citizen reads it.
import { render, screen } from "@testing-library/svelte";
import { expect, test } from "vitest";

import { fakeBackend } from "$lib/backend/fake";
import type { Language } from "$lib/backend";
import { Session } from "$lib/session.svelte";
import Past from "./Past.svelte";

/** The lines of what was shown, newest first, in the screen's own order. */
async function lines(language: Language): Promise<(string | undefined)[]> {
  const session = new Session(fakeBackend({ lock: "open", enrolment: "enrolled", language }));
  await session.start();
  render(Past, { session });
  const items = await screen.findAllByRole("listitem");
  return items.map((item) => item.querySelector(".claims")?.textContent);
}

test("an identity is told in the words people have for its parts, each of them once", async () => {
  expect(await lines("en")).toEqual([
    "Photo, Name, Father's or husband's name, CNIC number, Date of birth, Gender, Address, District",
    "Whether 18 or older",
    "Photo, Name",
    "Photo, Name",
  ]);
});

test("in Urdu too, with its own comma", async () => {
  expect((await lines("ur"))[3]).toBe("تصویر، نام");
});
