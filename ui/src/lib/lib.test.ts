// The small helpers of the screens: words, claims, what hosts throw, the token, the camera's grey.
import { beforeEach, describe, expect, test } from "vitest";

import { toBackendError } from "$lib/backend";
import { takeToken } from "$lib/backend/token";
import { lumaOf } from "$lib/camera";
import { claimGroups, claimWords, districtName, passWords } from "$lib/claims";
import { guilloche } from "$lib/components/guilloche";
import { clockOf, dayText, daysAgo } from "$lib/format";
import { useLanguage } from "$lib/i18n.svelte";
import { errorText } from "$lib/texts";
import { waitText } from "$lib/wait";

beforeEach(() => useLanguage("en"));

const plain = (text: string) => text.replace(/[\u2066-\u2069]/g, "");

describe("words", () => {
  test("an unknown code has words too", () => {
    expect(errorText("from_the_future_of_the_app")).toEqual(errorText("internal"));
    expect(errorText("wrong_pin").what).not.toBe(errorText("internal").what);
  });

  test("words follow the language at once", () => {
    const english = errorText("wrong_pin").what;
    useLanguage("ps");
    expect(errorText("wrong_pin").what).not.toBe(english);
    expect([document.documentElement.lang, document.documentElement.dir]).toEqual(["ps", "rtl"]);
  });

  test("waits are rounded up", () => {
    expect([30, 91, 301, 5401].map((seconds) => plain(waitText(seconds)))).toEqual(["30 seconds", "2 minutes", "6 minutes", "2 hours"]);
  });

  test("a day is written as on a CNIC; what is no day stays", () => {
    expect([dayText("2026-11-22"), dayText("soon")]).toEqual(["22-11-2026", "soon"]);
  });

  test("yesterday begins at midnight", () => {
    const late = new Date(2026, 10, 21, 23, 59).getTime() / 1000;
    const early = new Date(2026, 10, 22, 0, 1).getTime() / 1000;
    expect([daysAgo(late, early), daysAgo(early, early), clockOf(early)]).toEqual([1, 0, "0:01"]);
  });
});

describe("claims", () => {
  test("a yes or no is a phrase of its own", () => {
    expect(claimWords({ key: "over_18", value: "true" }).phrase).toBe("18 or older");
    expect(claimWords({ key: "over_18", value: "false" }).phrase).toBe("Younger than 18");
  });

  test("a number is isolated, so that it reads left to right in an Urdu phrase", () => {
    useLanguage("ur");
    expect(claimWords({ key: "cnic", value: "99999-1234567-1", script: "number" }).phrase).toContain("\u206699999-1234567-1\u2069");
  });

  test("a district is named in the language of the screen", () => {
    useLanguage("ps");
    expect([districtName("peshawar"), districtName("atlantis")]).toEqual(["پېښور", "atlantis"]);
  });

  test("what is not known has a name too", () => {
    expect(claimWords({ key: "shoe_size", value: null }).label).toBe("Another detail");
    expect(passWords("fishing-licence").name).toBe("Another pass");
  });
});

test("a name in two scripts is one thing to show, and the face comes first", () => {
  const claims = ["name_en", "name_ur", "guardian_name_en", "guardian_relation", "cnic", "photo"].map((key) => ({ key, value: null, script: "word" as const }));
  expect(claimGroups(claims).map((group) => [group.key, group.claims.length])).toEqual([
    ["photo", 1], ["name_en", 2], ["guardian_name_en", 2], ["cnic", 1],
  ]);
});

test("what a host throws becomes a code", () => {
  expect(toBackendError({ code: "wrong_pin", retry_after_seconds: 5, fields: [] })).toMatchObject({ code: "wrong_pin", retryAfterSeconds: 5 });
  expect(toBackendError("boom").code).toBe("internal");
  expect(toBackendError(null).code).toBe("internal");
});

test("the token leaves the address bar and stays in the tab", () => {
  window.history.replaceState(null, "", "/?token=abc123&x=1");
  expect(takeToken()).toBe("abc123");
  expect(window.location.search).toBe("?x=1");
  expect(takeToken()).toBe("abc123");
});

test("grey is weighed by what eyes see", () => {
  expect([...lumaOf([255, 255, 255, 255, 0, 0, 0, 255, 0, 255, 0, 255])]).toEqual([255, 0, 149]);
});

test("one hash draws one pattern and another hash another", () => {
  const [one, same, other] = ["aa11".repeat(16), "aa11".repeat(16), "aa12".repeat(16)].map((hash) => JSON.stringify(guilloche(hash)));
  expect(one).toBe(same);
  expect(one).not.toBe(other);
  expect(guilloche("").rosette.length).toBeGreaterThan(0);
});
