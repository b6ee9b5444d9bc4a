// Who is enrolled and shows their phone at a counter is told once they were checked there.
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";

import { fakeBackend, type FakeOptions } from "$lib/backend/fake";
import { Session } from "$lib/session.svelte";
import AtCounter from "./AtCounter.svelte";

async function open(options: FakeOptions) {
  const session = new Session(fakeBackend({ lock: "open", enrolment: "enrolled", ...options }));
  await session.start();
  session.go({ at: "at_counter", from: "me" });
  render(AtCounter, { session, raise: true });
  return session;
}

test("it shows the code until a counter has proven them, and says so then", async () => {
  let proven = false;
  const session = await open({ proven: () => proven });
  await screen.findByText("7F3K-92QD");
  const look = screen.getByRole("button", { name: "Look now" });
  await fireEvent.click(look);
  await screen.findByText("Not checked yet.");
  proven = true;
  await fireEvent.click(look);
  await screen.findByText("You were checked at a counter.");
  expect(screen.queryByText("7F3K-92QD")).toBeNull();
  await fireEvent.click(screen.getByRole("button", { name: "Done" }));
  expect(session.screen.at).toBe("me");
});

test("who was checked before is told at once, and shows nothing", async () => {
  await open({ proven: () => true });
  await screen.findByText("You were checked at a counter.");
  expect(screen.queryByText("7F3K-92QD")).toBeNull();
});

test("without a network it goes on showing the code", async () => {
  await open({ offline: true });
  await screen.findByText("7F3K-92QD");
  await fireEvent.click(screen.getByRole("button", { name: "Look now" }));
  await waitFor(() => expect(screen.getByRole("status").textContent).not.toContain("Not checked yet."));
  expect(screen.getByText("7F3K-92QD")).toBeTruthy();
});
