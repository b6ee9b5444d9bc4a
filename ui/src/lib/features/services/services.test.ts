// The list of services, as the citizen reads and searches it, and one service.
import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";

import { fakeBackend, type FakeOptions } from "$lib/backend/fake";
import { NO_PLACE, parentOf, Session, type Screen } from "$lib/session.svelte";
import ServicePage from "./ServicePage.svelte";
import Services from "./Services.svelte";
import { feeText, limitText } from "$lib/services";

async function begun(options: FakeOptions = {}) {
  const backend = fakeBackend({ lock: "open", enrolment: "enrolled", ...options });
  const session = new Session(backend);
  await session.start();
  return { backend, session };
}

/** Without the marks that keep values in their place in a sentence. */
const plain = (text: string) => text.replace(/[\u2066-\u2069]/g, "");

async function page(id: string, options: FakeOptions = {}): Promise<string> {
  const { session } = await begun(options);
  const { container, unmount } = render(ServicePage, { session, id, place: NO_PLACE });
  await waitFor(() => expect(container.querySelector("dl")).toBeTruthy());
  const said = plain(container.querySelector("main")?.textContent ?? "");
  unmount();
  return said;
}

test("services lie under their offices, and one of them opens its page", async () => {
  const { session } = await begun();
  render(Services, { session, place: NO_PLACE });
  const home = await screen.findByRole("button", { name: /Home and Tribal Affairs Department/ });
  expect(home.getAttribute("aria-expanded")).toBe("false");
  expect(screen.queryByText("Domicile certificate")).toBeNull();
  await fireEvent.click(home);
  await fireEvent.click(screen.getByRole("button", { name: "Domicile certificate" }));
  const place = { words: "", office: "home" };
  expect(session.screen).toEqual({ at: "service", id: "domicile-certificate", place });
  // Back leads to where one was.
  expect(parentOf(session.screen)).toEqual({ at: "services", place });
  expect(parentOf({ at: "services", place } satisfies Screen)).toEqual({ at: "home" });
});

test("a search opens what it finds, says how old the list is, and what is not there", async () => {
  const { session, backend } = await begun();
  render(Services, { session, place: NO_PLACE });
  await screen.findByText(/This list was signed/);
  await fireEvent.input(screen.getByRole("searchbox"), { target: { value: "birth" } });
  await screen.findByRole("button", { name: /Birth registration and certificate.*Local Government/ });
  expect(screen.getByText(/signed/).textContent).toContain("3");
  await fireEvent.input(screen.getByRole("searchbox"), { target: { value: "submarine" } });
  await screen.findByText(/No such service/);
  expect(backend.calls).not.toContain("sync");
});

test("where one was is open again", async () => {
  const { session } = await begun();
  render(Services, { session, place: { words: "", office: "health" } });
  await screen.findByRole("button", { name: "Hospital OPD consultation" });
});

test("before a list has come, the screen says when it comes", async () => {
  const { session, backend } = await begun({ noCatalogue: true });
  render(Services, { session, place: NO_PLACE });
  await screen.findByText("The list of services is not here yet. It comes with the next sync.");
  expect(screen.queryByRole("searchbox")).toBeNull();
  await fireEvent.click(screen.getByRole("button", { name: "Refresh now" }));
  await waitFor(() => expect(backend.calls).toContain("sync"));
});

test("fee and limit stand only where a source says them", async () => {
  const domicile = await page("domicile-certificate");
  expect(domicile).toContain("Rs 200");
  expect(domicile).toContain("10 days");
  expect(domicile).not.toContain("confirmed");
  const renewal = await page("arms-licence-renewal");
  expect(renewal.split("To be confirmed with the department")).toHaveLength(3);
  // Inferred is not sourced: neither free nor at once.
  const verification = await page("arms-licence-verification");
  expect(verification.split("To be confirmed with the department")).toHaveLength(3);
  expect(await page("rti-request")).toContain("10 working days");
});

test("in Urdu and Pashto too", async () => {
  expect(await page("domicile-certificate", { language: "ur" })).toContain("ڈومیسائل سرٹیفکیٹ");
  expect(await page("domicile-certificate", { language: "ps" })).toContain("د کورنیو او قبایلي چارو محکمه");
});

test("a service that a newer list does not have is said to be gone", async () => {
  const { session } = await begun();
  render(ServicePage, { session, id: "no-such-thing", place: NO_PLACE });
  await screen.findByText("This service is no longer in the list.");
});

test("every amount and time has its words", async () => {
  await begun({ language: "en" });
  const limits = [{ days: 0, working: false }, { days: 0, working: true }, { days: 1, working: false }, { days: 1, working: true }, { days: 28, working: false }, null];
  expect(limits.map((limit) => plain(limitText(limit)))).toEqual([
    "The same day", "The same day", "1 day", "1 working day", "28 days", "To be confirmed with the department",
  ]);
  expect([0, 75_000, null].map((fee) => plain(feeText(fee)))).toEqual(["Free", "Rs 75,000", "To be confirmed with the department"]);
});

test("what happens in a life leads to its services", async () => {
  const { session } = await begun();
  render(Services, { session, place: NO_PLACE });
  const birth = await screen.findByRole("button", { name: "A child is born" });
  expect(birth.getAttribute("aria-expanded")).toBe("false");
  await fireEvent.click(birth);
  await fireEvent.click(screen.getByRole("button", { name: "Child immunisation record" }));
  expect(session.screen).toEqual({ at: "service", id: "vaccination-certificate", place: { words: "", office: "event-birth" } });
});

test("a service says what to bring, where to go, what comes of it, and who hears an appeal", async () => {
  const domicile = await page("domicile-certificate");
  for (const said of ["Attested CNIC copy", "Deputy Commissioner", "In the headquarters of your district", "Domicile certificate"]) expect(domicile).toContain(said);
  // What the department published is not called unconfirmed.
  expect(domicile).not.toContain("Confirm it with the department");
  expect(domicile).toContain("Appeal or complaint for delayed service");
  const renewal = await page("arms-licence-renewal");
  expect(renewal).toContain("Confirm it with the department");
  expect(renewal).toContain("Provincial Ombudsman");
  // Nobody is sent to the office that they complain of.
  expect(await page("mohtasib-complaint")).not.toContain("Complain to the Provincial Ombudsman");
});

test("a service whose form is here is applied for from its page", async () => {
  const { session } = await begun();
  render(ServicePage, { session, id: "domicile-certificate", place: NO_PLACE });
  await fireEvent.click(await screen.findByRole("button", { name: "Apply here" }));
  await waitFor(() => expect(session.screen).toEqual({ at: "apply", id: 1 }));
});
