// A citizen enrolled at the desk.
import { expect, test } from "vitest";

import { FAKE_DRAFT } from "$lib/backend/fake";
import { EnrolForm } from "$lib/features/enrol/enrol.svelte";
import { LostReport } from "$lib/features/lost/lost.svelte";
import { Desk } from "./desk.svelte";
import { Enrolment, enrolling } from "./enrolling.svelte";
import { PHONE, Program } from "./program.fake";

async function filled() {
  const program = new Program();
  const enrolment = new Enrolment(program);
  const report = new LostReport(enrolling(program, enrolment, () => Promise.resolve("data:image/jpeg;base64,QUJD")));
  const form = new EnrolForm(report);
  await enrolment.text("KPE:1");
  await form.begin();
  form.draft = { ...FAKE_DRAFT };
  await form.setPhoto("AAAA");
  await report.saveDraft(form.draft);
  return { program, enrolment, report, form };
}

test("phone, person, picture and finger go out together, and the page forgets them", async () => {
  const { program, enrolment, report, form } = await filled();
  enrolment.choose("left_thumb");
  enrolment.choose("nose");
  await form.send();
  expect(report.end).toEqual({ kind: "told", at: 1_000 });
  expect([program.enrolled?.phone, program.enrolled?.photo, program.enrolled?.finger]).toEqual([PHONE.phone, "QUJD", "left_thumb"]);
  expect((await report.draft()).cnic).toBe("");
});

test("a reader that reads nothing and a NADRA that says no are told, and everything typed stays", async () => {
  const { program, report, form } = await filled();
  for (const code of ["reader_missing", "enrol_not_matched", "nadra_unavailable"]) {
    program.outcome = { enrolled_at: null, code, fields: [], wait_seconds: 9 };
    await form.send();
    expect([form.trouble, report.end]).toEqual([{ code, retryAfterSeconds: 9 }, null]);
  }
  expect((await report.draft()).cnic).toBe(FAKE_DRAFT.cnic);
});

test("while a phone's code is waited for, camera and scanner are that phone's and no visitor's", async () => {
  const program = new Program();
  const desk = new Desk(program, 0);
  const enrolment = new Enrolment(program);
  desk.seeing = enrolment;
  program.seen = null;
  await desk.frame(1, 1, new Uint8Array(1));
  expect(enrolment.phone).toBeUndefined();
  program.refusal = "station_phone_code";
  await desk.text("KP1:X");
  expect(enrolment.failed).toBe("station_phone_code");
  program.refusal = "";
  await desk.text("KPE:1");
  expect([enrolment.phone, enrolment.failed]).toEqual([PHONE, undefined]);
  desk.seeing = undefined;
  enrolment.again();
  await desk.text("KP1:X");
  expect([enrolment.phone, program.calls]).toEqual([undefined, ["see-phone", "read-phone KP1:X", "read-phone KPE:1", "text KP1:X"]]);
});
