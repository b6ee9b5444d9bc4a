// The questions of an enrolment one after another, and sending the answers.
import { describe, expect, test, vi } from "vitest";

import { BackendError, type AppState, type UiCode } from "$lib/backend";
import { FAKE_DRAFT, fakeBackend, type FakeOptions } from "$lib/backend/fake";
import { findDistricts, suggestedBy } from "$lib/districts";
import { asksForCode, EnrolForm, enrolling } from "./enrol.svelte";
import { EMPTY_DRAFT, STEPS, stepOf } from "./steps";

async function opened(options: FakeOptions = {}) {
  const backend = fakeBackend({ lock: "open", ...options });
  const done = vi.fn<(app: AppState) => void>();
  const form = new EnrolForm(enrolling(backend, done));
  await form.open(backend.state);
  return { backend, done, form };
}

describe("one question after another", () => {
  test("every field of a draft belongs to one question", () => {
    const asked = STEPS.flatMap((step) => [...step.fields] as string[]).sort();
    const fields = Object.keys(EMPTY_DRAFT).map((field) => (field === "has_photo" ? "photo" : field)).sort();
    expect(asked).toEqual(fields);
  });

  test("an empty answer is saved and stays with its own error only", async () => {
    const { form, backend } = await opened();
    await form.next();
    expect([form.screen, form.errors]).toEqual(["cnic", { cnic: "field_missing" }]);
    expect(backend.calls).toContain("saveDraft");
  });

  test("an answer leads on, and typing clears its error", async () => {
    const { form } = await opened();
    await form.next();
    form.set("cnic", "99999-1234567-1");
    expect(form.errors).toEqual({});
    await form.next();
    expect(form.screen).toBe("cnic_issued_on");
  });

  test("somebody who comes back finds the first open question", async () => {
    const { form } = await opened({ draft: { cnic: "99999-1234567-1", cnic_issued_on: "2021-03-14" } });
    expect(form.screen).toBe("name");
  });

  test("somebody who answered everything comes back to the review", async () => {
    const { form } = await opened({ draft: FAKE_DRAFT });
    expect(form.screen).toBe("review");
  });

  test("mending one answer leads back to the review", async () => {
    const { form } = await opened({ draft: FAKE_DRAFT });
    form.mend(stepOf("mobile"));
    form.set("mobile", "0345-7654321");
    await form.next();
    expect(form.screen).toBe("review");
  });

  test("back saves what is on the screen", async () => {
    const { form, backend } = await opened({ draft: { cnic: "99999-1234567-1" } });
    form.set("cnic_issued_on", "2021-3-");
    expect(form.back()).toBe(true);
    expect(form.screen).toBe("cnic");
    expect((await backend.draft()).cnic_issued_on).toBe("2021-3-");
    expect(form.back()).toBe(false);
  });

  test("a picture that was kept is there again, to be looked at before it is sent", async () => {
    const kept = await opened({ draft: FAKE_DRAFT });
    expect([kept.form.screen, kept.form.photo?.slice(0, 5)]).toEqual(["review", "data:"]);
    const none = await opened({ draft: { ...FAKE_DRAFT, has_photo: false } });
    expect([none.form.screen, none.form.photo]).toEqual(["photo", null]);
  });

  test("a picture that is refused is an error of its field", async () => {
    const { form } = await opened({ failing: { setPhoto: "photo_too_small" } });
    await form.setPhoto("AAAA");
    expect([form.errors["photo"], form.failed, form.draft.has_photo]).toEqual(["photo_too_small", null, false]);
  });

  test("a test citizen fills everything in", async () => {
    const { form, backend } = await opened();
    const [citizen] = await backend.testCitizens();
    if (citizen) await form.useTestCitizen(citizen);
    expect([form.screen, form.draft.name_en, form.draft.has_photo]).toEqual(["review", "Gul Zaman", true]);
  });
});

describe("sending", () => {
  test("ends with the card", async () => {
    const { form, done } = await opened({ draft: FAKE_DRAFT });
    await form.send();
    expect(done).toHaveBeenCalledOnce();
  });

  test("without a network says so and keeps everything", async () => {
    const { form, done } = await opened({ draft: FAKE_DRAFT, failing: { enrol: "network_down" }, retryAfterSeconds: 60 });
    await form.send();
    expect(form.trouble).toEqual({ code: "network_down", retryAfterSeconds: 60 });
    expect(done).not.toHaveBeenCalled();
    form.review();
    expect([form.screen, form.draft.name_en]).toEqual(["review", "Gul Zaman"]);
  });

  test("goes on by itself when it was interrupted", async () => {
    const { done, backend } = await opened({ enrolment: "sent" });
    expect(backend.calls).toContain("enrol");
    expect(done).toHaveBeenCalledOnce();
  });
});

describe("the code to the SIM", () => {
  async function asked(code: UiCode) {
    const { form, backend, done } = await opened({ draft: FAKE_DRAFT });
    const answers = [code];
    const enrol = vi.spyOn(backend, "enrol").mockImplementation(() => {
      const answer = answers.pop();
      if (answer) return Promise.reject(new BackendError(answer));
      return Promise.resolve({ ...backend.state, enrolment: "enrolled" });
    });
    form.keeper.send = enrolling(backend, done).send;
    await form.send();
    return { form, enrol, done };
  }

  test("is asked for, given with the same answers, and ends with the card", async () => {
    const { form, enrol, done } = await asked("sim_code_needed");
    expect([form.screen, asksForCode(form.trouble)]).toEqual(["sending", true]);
    expect(done).not.toHaveBeenCalled();
    await form.sendCode("123456");
    expect(enrol.mock.calls).toEqual([[null], ["123456"]]);
    expect(done).toHaveBeenCalledOnce();
  });

  test("that is over is asked for anew without one", async () => {
    const { form, enrol } = await asked("sim_code_expired");
    await form.sendCode(null);
    expect(enrol.mock.calls).toEqual([[null], [null]]);
  });

  test("waits for somebody who left to read the message", async () => {
    const error = { code: "sim_code_needed", retry_after_seconds: null, fields: [] } as const;
    const backend = fakeBackend({ lock: "open", enrolment: "draft", draft: FAKE_DRAFT });
    const form = new EnrolForm(enrolling(backend, vi.fn()));
    await form.open({ ...backend.state, enrolment_error: { ...error, fields: [] } });
    expect([form.screen, form.trouble?.code]).toEqual(["sending", "sim_code_needed"]);
    form.review();
    expect(form.screen).toBe("review");
  });

  test("a CNIC that NADRA does not know is an end of it", () => {
    expect(asksForCode({ code: "nadra_not_found" })).toBe(false);
  });
});

describe("districts", () => {
  test("there are 38", () => {
    expect(findDistricts("")).toHaveLength(38);
  });

  test.each([
    ["swab", "swabi"],
    ["صوابی", "swabi"],
    ["سوابۍ", "swabi"],
    ["پېښور", "peshawar"],
    ["پشاور", "peshawar"],
    ["dera ismail", "dera-ismail-khan"],
  ])("%s finds %s", (words, id) => {
    expect(findDistricts(words).map((one) => one.id)).toContain(id);
  });

  test("a number only suggests", () => {
    expect(suggestedBy("21101-0000000-0").map((one) => one.id)).toEqual(["bajaur"]);
    expect(suggestedBy("2110")).toEqual([]);
  });
});
