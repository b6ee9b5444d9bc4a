// A lost phone, told at the desk.
import { expect, test } from "vitest";

import { EnrolForm } from "$lib/features/enrol/enrol.svelte";
import { LostReport } from "$lib/features/lost/lost.svelte";
import { FAKE_DRAFT } from "$lib/backend/fake";
import { cropOf } from "./face";
import { atTheDesk } from "./lost";
import { Program } from "./program.fake";

const FACE = "data:image/jpeg;base64,QUJD";

async function filled(face: (file: string) => Promise<string> = () => Promise.resolve(FACE)) {
  const program = new Program();
  const report = new LostReport(atTheDesk(program, face));
  const form = new EnrolForm(report);
  await form.begin();
  form.draft = { ...FAKE_DRAFT };
  await form.setPhoto("AAAA");
  await report.saveDraft(form.draft);
  return { program, report, form };
}

test("an empty answer stays with its own error", async () => {
  const form = new EnrolForm(new LostReport(atTheDesk(new Program())));
  await form.begin();
  await form.next();
  expect([form.screen, form.errors]).toEqual(["cnic", { cnic: "field_missing" }]);
});

test("a report goes out with the picture alone, and the page forgets it", async () => {
  const { program, report, form } = await filled();
  await form.send();
  expect(report.end).toEqual({ kind: "told", at: 1_000 });
  expect([program.told?.photo, program.told?.person.cnic]).toEqual(["QUJD", FAKE_DRAFT.cnic]);
  expect((await report.draft()).cnic).toBe("");
});

test("what the province says is told, and a field of it leads back to the review", async () => {
  const { program, report, form } = await filled();
  program.lost = { disabled_at: null, code: "nadra_not_matched", fields: [], wait_seconds: 9 };
  await form.send();
  expect([form.trouble, report.end]).toEqual([{ code: "nadra_not_matched", retryAfterSeconds: 9 }, null]);
  program.lost = { disabled_at: null, code: "fields_invalid", fields: [{ field: "cnic", code: "cnic_malformed" }], wait_seconds: null };
  await form.send();
  expect([form.screen, form.errors]).toEqual(["review", { cnic: "cnic_malformed" }]);
  expect((await report.draft()).cnic).toBe(FAKE_DRAFT.cnic);
});

test("what is no picture is an error of the picture", async () => {
  const { form } = await filled(() => Promise.reject(new Error("no picture")));
  expect(form.errors["photo"]).toBe("photo_unreadable");
});

test.each([
  [[1_200, 1_200], { x: 150, y: 0, width: 900, height: 1_200 }],
  [[600, 1_600], { x: 0, y: 400, width: 600, height: 800 }],
] as const)("a face is cut out of the middle of %o", ([width, height], part) => {
  expect(cropOf(width, height)).toEqual(part);
});
