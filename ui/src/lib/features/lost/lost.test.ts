// A lost phone: what is typed stays in memory, goes out once, and is forgotten.
import { describe, expect, test } from "vitest";

import { FAKE_DRAFT, fakeBackend, type FakeOptions } from "$lib/backend/fake";
import { EnrolForm } from "../enrol/enrol.svelte";
import { atTheDoor, inTheVault, LostReport } from "./lost.svelte";

function begun(queued: boolean, options: FakeOptions = {}, instead?: number) {
  const backend = fakeBackend(options);
  const report = new LostReport(queued ? inTheVault(backend, instead) : atTheDoor(backend));
  return { backend, report, form: new EnrolForm(report) };
}

async function filled(queued: boolean, options: FakeOptions = {}) {
  const all = begun(queued, options);
  await all.form.begin();
  const [citizen] = await all.backend.testCitizens();
  if (citizen) await all.form.useTestCitizen(citizen);
  return all;
}

/** Commands that would leave something in a vault. */
const KEEPING = ["saveDraft", "setPhoto", "enrol", "reportLost", "draft", "photo"];

describe("on a phone that is anybody's", () => {
  test("it is told at once, and nothing is kept", async () => {
    const { backend, report, form } = await filled(false);
    expect(form.screen).toBe("review");
    await form.send();
    expect(report.end).toMatchObject({ kind: "told" });
    expect(backend.calls.filter((call) => KEEPING.includes(call))).toEqual([]);
    expect(backend.calls).toContain("forgetLost");
    expect([await report.draft(), await report.photo()]).toMatchObject([{ cnic: "", has_photo: false }, null]);
  });

  test("without a network it says so, keeps what was typed for another try, and is not done", async () => {
    const { report, form } = await filled(false, { failing: { tellLost: "network_down" } });
    await form.send();
    expect([form.trouble?.code, report.end]).toEqual(["network_down", null]);
    expect((await report.draft()).cnic).toBe(FAKE_DRAFT.cnic);
  });

  test("an answer that is missing is asked for, one question at a time", async () => {
    const { form } = begun(false);
    await form.begin();
    expect(form.screen).toBe("cnic");
    await form.next();
    expect(form.errors).toEqual({ cnic: "field_missing" });
    form.set("cnic", FAKE_DRAFT.cnic);
    await form.next();
    expect(form.screen).toBe("cnic_issued_on");
  });
});

describe("with an open vault", () => {
  test("it waits there", async () => {
    const { backend, report, form } = await filled(true);
    await form.send();
    expect(report.end).toEqual({ kind: "queued" });
    expect(backend.calls).not.toContain("tellLost");
    expect((await backend.onItsWay()).items.filter((item) => item.what === "lost" && item.state === "waiting")).toHaveLength(1);
  });

  test("a refused one is mended: the new one takes its place", async () => {
    const { backend, report, form } = begun(true, {}, 5);
    const refused = await backend.lostPerson(5);
    if (refused) report.mend(refused);
    await form.begin();
    expect([form.screen, form.draft.name_en]).toEqual(["review", "Gul Zaman"]);
    await form.send();
    expect(backend.calls.filter((call) => call === "reportLost" || call === "discardErrand")).toEqual(["reportLost"]);
    expect((await backend.onItsWay()).items.map((item) => item.id)).not.toContain(5);
  });
});
