// Which screen is on, by what the phone holds and what happens to it.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { fakeBackend } from "$lib/backend/fake";
import type { AppState } from "$lib/backend";
import { language } from "$lib/i18n.svelte";
import { entryFor, HIDDEN_MS_MAX, parentOf, Session, SYNC_AFTER_MS, type Clocks } from "./session.svelte";

const APP: AppState = {
  mark: "test", language: "en", lock: "open", enrolment: "enrolled", enrolment_error: null, configured: true, wait_seconds: null, moving: "none",
};

function at(pageMs: number, phoneMs = pageMs): Clocks {
  return { pageMs, phoneMs };
}

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

  test("that cannot keep the language says so, in that language, and goes no further", async () => {
    const session = new Session(fakeBackend({ failing: { setLanguage: "storage_failed" } }));
    await session.start();
    expect(await session.chooseLanguageAtDoor("ps")).toBe(false);
    expect(session.screen).toEqual({ at: "failed", code: "storage_failed" });
    expect(language.current).toBe("ps");
    await session.start();
    expect(session.screen.at).toBe("welcome");
  });

  test("without a network is offline and nothing else", async () => {
    const session = new Session(fakeBackend({ lock: "open", enrolment: "enrolled", offline: true }));
    await session.start();
    expect(await session.sync()).toBe("network_down");
    expect(session.offline).toBe(true);
    expect(session.screen.at).toBe("home");
  });

  test.each([
    ["once, in a moment, however often it is asked to", true, 1],
    ["not at all when the wallet was locked meanwhile", false, 0],
  ])("fetches soon: %s", async (_, open, times) => {
    vi.useFakeTimers();
    const backend = fakeBackend({ lock: "open", enrolment: "enrolled" });
    const fetching = vi.spyOn(backend, "sync");
    const session = new Session(backend);
    await session.start();
    session.syncSoon();
    session.syncSoon();
    await vi.advanceTimersByTimeAsync(SYNC_AFTER_MS - 1);
    expect(fetching).not.toHaveBeenCalled();
    if (!open) await session.lock();
    await vi.advanceTimersByTimeAsync(SYNC_AFTER_MS);
    expect(fetching).toHaveBeenCalledTimes(times);
    vi.useRealTimers();
  });

  describe("out of sight", () => {
    beforeEach(() => vi.useFakeTimers());
    afterEach(() => vi.useRealTimers());

    async function open(): Promise<Session> {
      const session = new Session(fakeBackend({ lock: "open", enrolment: "enrolled" }));
      await session.start();
      expect(session.screen.at).toBe("home");
      return session;
    }

    test("for a minute locks while nobody looks", async () => {
      const session = await open();
      await session.sightChanged(false, at(1_000));
      await vi.advanceTimersByTimeAsync(HIDDEN_MS_MAX - 1);
      expect(session.screen.at).toBe("home");
      await vi.advanceTimersByTimeAsync(1);
      expect(session.screen.at).toBe("unlock");
    });

    test("for less does not, and the minute begins anew", async () => {
      const session = await open();
      for (const time of [1_000, 100_000]) {
        await session.sightChanged(false, at(time));
        await vi.advanceTimersByTimeAsync(HIDDEN_MS_MAX - 1);
        await session.sightChanged(true, at(time + HIDDEN_MS_MAX - 1));
        await vi.advanceTimersByTimeAsync(2 * HIDDEN_MS_MAX);
        expect(session.screen.at).toBe("home");
      }
    });

    test.each([
      ["the page was frozen and the phone's clock set back", at(1_000 + HIDDEN_MS_MAX, 0)],
      ["the phone slept", at(1_001, 1_000 + HIDDEN_MS_MAX)],
    ])("while %s locks on the way back, without a timer", async (_, back) => {
      const session = await open();
      await session.sightChanged(false, at(1_000));
      await session.sightChanged(true, back);
      expect(session.screen.at).toBe("unlock");
    });
  });

  test("that nobody touches locks by itself, and tells the application of use", async () => {
    vi.useFakeTimers();
    const backend = fakeBackend({ lock: "open", enrolment: "enrolled" });
    const session = new Session(backend);
    await session.start();
    session.autoLockAfter(30);
    await vi.advanceTimersByTimeAsync(29_000);
    session.touched(29_000);
    session.touched(29_001);
    expect(backend.calls.filter((call) => call === "touch")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(session.screen.at).toBe("home");
    await vi.advanceTimersByTimeAsync(1);
    expect(session.screen.at).toBe("unlock");
    vi.useRealTimers();
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

  test("goes to the door when a sync brings that the wallet was disabled, and stays there for any other code", async () => {
    for (const [code, at] of [["wallet_disabled", "unlock"], ["device_replaced", "home"]] as const) {
      const backend = fakeBackend({ lock: "open", enrolment: "enrolled", failing: { sync: code } });
      const session = new Session(backend);
      await session.start();
      // The sync closed the vault.
      if (code === "wallet_disabled") await backend.lock();
      await session.sync();
      expect(session.screen.at).toBe(at);
    }
  });

  test("stays where it is when a wallet that is known to be disabled is told so again", async () => {
    const session = new Session(fakeBackend({ lock: "open", enrolment: "enrolled", failing: { sync: "wallet_disabled" } }));
    await session.start();
    session.go({ at: "begin_anew" });
    await session.sync();
    expect(session.screen.at).toBe("begin_anew");
  });

  test("is marked unless the roots are real", async () => {
    const real = new Session(fakeBackend({ mark: "none" }));
    expect(real.marked).toBe(true);
    await real.start();
    expect(real.marked).toBe(false);
  });
});
