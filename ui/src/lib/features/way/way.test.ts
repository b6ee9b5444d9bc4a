// What is on its way: a picture and a word for each state, what can be done, and the line on the card's screen.
import { render } from "@testing-library/svelte";
import { tick } from "svelte";
import { beforeEach, describe, expect, test } from "vitest";

import { fakeBackend, type FakeOptions } from "$lib/backend/fake";
import type { Item, ItemState, OnItsWay } from "$lib/backend/types";
import { useLanguage } from "$lib/i18n.svelte";
import { Session } from "$lib/session.svelte";
import ChangeMobile from "./ChangeMobile.svelte";
import { homeLine, itemWords, stateWords } from "./items";
import TroubleNotice from "./TroubleNotice.svelte";
import Way from "./Way.svelte";

const STATES: ItemState[] = ["on_phone", "waiting", "sent", "confirmed", "refused"];
const ITEM: Item = {
  id: 1, what: "mobile", state: "waiting", kind: null, child: null, at: 1_795_000_000, error: null, attempts: 0,
  can_mend: false, can_retry: false, can_discard: true, can_give_up: false, mobile: "03451234567", application: null,
};

beforeEach(() => useLanguage("en"));

/** Lets answers of the stand-in arrive and be drawn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await tick();
}

async function shown(component: typeof Way | typeof ChangeMobile, options: FakeOptions) {
  const backend = fakeBackend({ lock: "open", enrolment: "enrolled", ...options });
  const session = new Session(backend);
  await session.start();
  render(component, { session });
  await settled();
  return { backend, session };
}

const text = () => (document.body.textContent ?? "").replace(/[\u2066-\u2069]/g, "");
async function press(label: string): Promise<void> {
  const button = [...document.querySelectorAll("button")].find((one) => one.textContent?.trim() === label);
  expect(button, label).toBeDefined();
  button?.click();
  await settled();
}

describe("states", () => {
  test("each has its own picture and its own word", () => {
    const all = STATES.map((state) => stateWords({ ...ITEM, state }));
    expect(new Set(all.map((one) => one.icon)).size).toBe(STATES.length);
    expect(new Set(all.map((one) => one.text)).size).toBe(STATES.length);
  });

  test("a document that is not here yet is not waiting to be sent", () => {
    const words = stateWords({ ...ITEM, what: "document", mobile: null });
    expect(words.text).not.toBe(stateWords(ITEM).text);
  });

  test("a change of number says which", () => {
    expect(itemWords(ITEM).detail).toContain("0345-1234567");
  });
});

describe("the line on the card's screen", () => {
  const way = (...states: ItemState[]) => ({ items: states.map((state) => ({ ...ITEM, state })) }) as OnItsWay;

  test("is not there when everything was answered", () => {
    expect(homeLine(way("confirmed", "on_phone"))).toBeNull();
  });

  test("counts what waits, and says first what was refused", () => {
    expect(homeLine(way("waiting"))?.text).toBe("1 thing is on its way");
    expect(homeLine(way("waiting", "sent"))?.bad).toBe(false);
    expect(homeLine(way("waiting", "refused"))).toMatchObject({ icon: "bad", bad: true });
  });
});

describe("the screen", () => {
  test("says why something was refused, what to do, and sends it again as it is", async () => {
    const refused: Item = {
      ...ITEM, what: "lost", mobile: null, state: "refused", can_mend: true, can_retry: true,
      error: { code: "nadra_unavailable", retry_after_seconds: null, fields: [] },
    };
    const { backend } = await shown(Way, { way: { items: [refused] } });
    expect(text()).toContain("Refused");
    expect(text()).toContain("NADRA cannot be reached now.");
    await press("Try again");
    expect(backend.calls).toContain("retryErrand");
    expect(text()).toContain("Waiting to be sent");
  });

  test("leads to where something is mended, and puts away", async () => {
    const refused: Item = { ...ITEM, state: "refused", can_mend: true, error: { code: "mobile_malformed", retry_after_seconds: null, fields: [] } };
    const { backend, session } = await shown(Way, { way: { items: [refused] } });
    await press("Mend it");
    expect(session.screen.at).toBe("mobile");
    await press("Put away");
    expect(backend.calls).toContain("discardErrand");
    expect(text()).toContain("Nothing is on its way");
  });

  test("says before something is given up that it may have been done all the same", async () => {
    const sent: Item = { ...ITEM, state: "sent", attempts: 3, can_discard: false, can_give_up: true };
    const { backend } = await shown(Way, { way: { items: [sent] } });
    await press("Give it up");
    expect(text()).toContain("It may have been done all the same.");
    await press("Keep trying");
    expect(text()).not.toContain("It may have been done all the same.");
    expect(backend.calls).not.toContain("giveUpErrand");
    await press("Give it up");
    await press("Give it up all the same");
    expect(backend.calls).toContain("giveUpErrand");
    expect(backend.calls).not.toContain("discardErrand");
    expect(text()).toContain("Nothing is on its way");
  });

  test("says how old what is here is, in words", async () => {
    const now = Date.now() / 1000;
    await shown(Way, { way: { items: [], status_as_of: now - 22 * 86_400, trust_as_of: null } });
    expect(text()).toContain("3 weeks ago");
  });
});

describe("another mobile number", () => {
  test("is kept and says how far it is; a wrong one says what is wrong", async () => {
    const { backend } = await shown(ChangeMobile, { way: { items: [] } });
    const field = document.querySelector("input");
    if (field) {
      field.value = "03001112223";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    await settled();
    await press("Change the number");
    expect(backend.calls).toContain("changeMobile");
    expect(text()).toContain("Waiting to be sent");
  });

  test("takes no other one while the first may have been done", async () => {
    await shown(ChangeMobile, { way: { items: [{ ...ITEM, state: "sent", can_discard: false }] } });
    expect(document.querySelector("input")).toBeNull();
    expect(text()).toContain("0345-1234567");
  });
});

describe("what stands in the way", () => {
  async function notice(ended: "wallet_disabled" | "device_replaced" | "person_revoked" | null, clock_off_by: number | null, unknown = false) {
    const session = new Session(fakeBackend({ lock: "open", enrolment: "enrolled" }));
    await session.start();
    render(TroubleNotice, { session, trouble: { ended, unknown, clock_off_by } });
    return session;
  }

  test.each(["wallet_disabled", "device_replaced"] as const)("%s leads to beginning anew", async (ended) => {
    const session = await notice(ended, null);
    await press("Begin anew");
    expect(session.screen.at).toBe("begin_anew");
  });

  test("a phone that is not known any more leads there too", async () => {
    const session = await notice(null, null, true);
    expect(text()).toContain("The province does not know this phone.");
    await press("Begin anew");
    expect(session.screen.at).toBe("begin_anew");
  });

  test("whoever was revoked is brought back by no phone", async () => {
    await notice("person_revoked", null);
    expect(document.querySelector("button")).toBeNull();
  });

  test.each([
    [7_200, "2 hours ahead"],
    [-3 * 86_400, "3 days behind"],
  ])("a clock that is off by %d seconds says by how much", async (off, words) => {
    await notice(null, off);
    expect(text()).toContain(words);
  });
});
