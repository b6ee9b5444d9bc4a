// The small helpers of the screens: words, claims, what hosts throw, the token, the camera's grey.
import { beforeEach, describe, expect, test } from "vitest";

import { toBackendError } from "$lib/backend";
import { takeToken } from "$lib/backend/token";
import { lumaOf } from "$lib/camera";
import { fakeClaims, fakeKind } from "$lib/backend/fake";
import { claimGroups, claimWords, districtName, isInFigures, passWords, rupees } from "$lib/claims";
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
  test("what has letters beside its figures is not set in the figures' font", () => {
    const label = { en: "", ur: "", ps: "" };
    const set = (key: string, script: "number" | "money" | "date" | "latin", value: string) => {
      const claim = { key, label, script, value };
      return isInFigures(claim, claimWords(claim).value ?? "");
    };
    useLanguage("ur");
    expect([set("assurance", "number", "2"), set("amount", "money", "100000")]).toEqual([false, false]);
    expect([set("cnic", "number", "99999-1234567-1"), set("issued_on", "date", "2026-11-22")]).toEqual([true, true]);
    expect(set("make", "latin", "4471")).toBe(false);
  });

  test("a yes or no is a phrase of its own", () => {
    const said = (value: string) => fakeClaims("age", { over_18: value }).map((claim) => claimWords(claim).phrase);
    expect([...said("true"), ...said("false")]).toEqual(["18 or older", "Younger than 18"]);
  });

  test("a number is isolated, so that it reads left to right in an Urdu phrase", () => {
    useLanguage("ur");
    const [cnic] = fakeClaims("identity", { cnic: "99999-1234567-1" });
    expect(cnic && claimWords(cnic).phrase).toContain("\u206699999-1234567-1\u2069");
  });

  test("a district is named in the language of the screen", () => {
    useLanguage("ps");
    expect([districtName("peshawar"), districtName("atlantis")]).toEqual(["پېښور", "atlantis"]);
  });

  test("what is not known has a name too", () => {
    expect(claimWords({ key: "shoe_size", label: { en: "", ur: "", ps: "" }, value: null }).label).toBe("Another detail");
    expect(passWords(fakeKind("fishing-licence"))).toEqual({ icon: "document", name: "Another pass" });
  });

  test("a document is named by the register in the language of the screen, and so are its words and amounts", () => {
    useLanguage("ur");
    expect(passWords(fakeKind("vehicle-card"))).toEqual({ icon: "vehicle", name: "گاڑی کا کارڈ" });
    const [body] = fakeClaims("vehicle-card", { body: "rickshaw" });
    expect(body && plain(claimWords(body).phrase)).toBe("گاڑی کی قسم: رکشہ");
    useLanguage("en");
    const [value] = fakeClaims("e-stamp", { value: "12345600" });
    expect(value && plain(claimWords(value).phrase)).toBe("Value: Rs 123,456");
    expect(["0", "5", "50", "100", "99999950", "100000000"].map(rupees)).toEqual(["0", "0.05", "0.50", "1", "999,999.50", "1,000,000"]);
  });
});

test("a name in two scripts is one thing to show, and the face comes first", () => {
  const claims = fakeClaims("identity", { name_en: null, name_ur: null, guardian_name_en: null, guardian_relation: null, cnic: null, photo: null });
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
