import { describe, expect, test } from "vitest";

import { fakeBackend } from "$lib/backend/fake";
import type { AppState } from "$lib/backend";
import { language } from "$lib/i18n.svelte";
import { entryFor, HIDDEN_MS_MAX, parentOf, Session } from "./session.svelte";

const APP: AppState = {
  mark: "test", language: "en", lock: "open", enrolment: "enrolled", enrolment_error: null, configured: true, wait_seconds: null,
};

describe("the way in", () => {
  test.each([
    [{ lock: "empty", enrolment: "none" }, "welcome"],
    [{ lock: "locked", enrolment: "none" }, "unlock"],
    [{ lock: "open", enrolment: "none" }, "enrol"],
    [{ lock: "open", enrolment: "draft" }, "enrol"],
    [{ lock: "open", enrolment: "sent" }, "enrol"],
    [{ lock: "open", enrolment: "enrolled" }, "home"],
  ] as const)("%o leads to %s", (state, at) => {
    expect(entryFor({ ...APP, ...state }).at).toBe(at);
  });

  test("there is no way back from the door, the card or an enrolment", () => {
    expect([parentOf({ at: "unlock" }), parentOf({ at: "home" }), parentOf({ at: "enrol" })]).toEqual([undefined, undefined, undefined]);
    expect(parentOf({ at: "scan" })).toEqual({ at: "home" });
  });
});

describe("a session", () => {
  test("begins where the application is, in its language", async () => {
    const session = new Session(fakeBackend({ lock: "locked", language: "ur" }));
    await session.start();
    expect(session.screen.at).toBe("unlock");
    expect(language.current).toBe("ur");
    expect(document.documentElement.dir).toBe("rtl");
  });

  test("that cannot begin says so", async () => {
    const session = new Session(fakeBackend({ failing: { appState: "storage_failed" } }));
    await session.start();
    expect(session.screen).toEqual({ at: "failed", code: "storage_failed" });
  });

  test("without a network is offline and nothing else", async () => {
    const session = new Session(fakeBackend({ lock: "open", enrolment: "enrolled", offline: true }));
    await session.start();
    expect(await session.sync()).toBe("network_down");
    expect(session.offline).toBe(true);
    expect(session.screen.at).toBe("home");
  });

  test("locks when the phone was out of sight for more than a minute, and not before", async () => {
    const session = new Session(fakeBackend({ lock: "open", enrolment: "enrolled" }));
    await session.start();
    await session.sightChanged(false, 1_000);
    await session.sightChanged(true, 1_000 + HIDDEN_MS_MAX);
    expect(session.screen.at).toBe("home");
    await session.sightChanged(false, 100_000);
    await session.sightChanged(true, 100_001 + HIDDEN_MS_MAX);
    expect(session.screen.at).toBe("unlock");
  });

  test("goes to the door when the vault turns out to be locked", async () => {
    const backend = fakeBackend({ lock: "open", enrolment: "enrolled", failing: { sync: "locked" } });
    const session = new Session(backend);
    await session.start();
    await backend.lock();
    await session.sync();
    await Promise.resolve();
    expect(session.screen.at).toBe("unlock");
  });

  test("is marked unless the roots are real", async () => {
    const real = new Session(fakeBackend({ mark: "none" }));
    expect(real.marked).toBe(true);
    await real.start();
    expect(real.marked).toBe(false);
  });
});
