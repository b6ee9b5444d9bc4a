// A new phone: from a backup file, and from the old phone's screen through two cameras. The old one is empty or ended.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { openBrowser, openPage } from "./lib/browser.mjs";
import { PHONE, Phone } from "./lib/phone.mjs";
import { Stage } from "./lib/stage.mjs";

const [BACKED_UP, MOVED] = ["9999900000011", "9999900000022"];
let stage;
let browser;

before(async () => {
  stage = await Stage.open();
  browser = await openBrowser();
  await stage.servers();
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** A phone with its screens. Its camera sees what `faces` puts before it. */
async function phone(t, name, language) {
  const ready = await stage.preview(name);
  const page = await openPage(browser, PHONE);
  t.after(() => page.context().close());
  await page.addInitScript(() => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [720, 720];
    const context = canvas.getContext("2d");
    context.fillRect(0, 0, 720, 720);
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(15);
    globalThis.seeBeforeCamera = async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes]));
      const scale = 720 / Math.max(picture.width, picture.height);
      context.drawImage(picture, 0, 0, picture.width * scale, picture.height * scale);
    };
  });
  const opened = new Phone(page, language);
  opened.ready = ready;
  return opened;
}

/** Holds one phone before the other's camera until that one says this. */
async function faces(from, to, heading) {
  const reached = to.page.getByRole("heading", { level: 1, name: to.say(heading), exact: true });
  for (;;) {
    const picture = await from.page.screenshot();
    await to.page.evaluate((base64) => globalThis.seeBeforeCamera(base64), picture.toString("base64"));
    if ((await reached.count()) > 0) return;
  }
}

/** An enrolled phone whose screens are at "Me". */
async function enrolled(t, name, language, cnic) {
  const old = await phone(t, name, language);
  await old.enrolUnseen(old.ready, cnic);
  await old.told(old.ready, "set_language", { language });
  await old.page.goto(old.ready.page);
  await old.atHome();
  await old.press("nav_me");
  await old.heading("me_title");
  return old;
}

/** A new phone, up to the question whether there was one before. */
async function fresh(t, name, language) {
  const one = await phone(t, name, language);
  await one.page.goto(one.ready.page);
  await one.welcome();
  await one.choosePin();
  await one.press("before_title");
  await one.heading("before_title");
  return one;
}

/** From "Restored" to a card on this phone: the face anew, and the province's word. */
async function bound(one, cnic) {
  const citizen = (await one.told(one.ready, "test_citizens")).find((citizen) => citizen.draft.cnic === cnic);
  await one.press("restored_bind");
  await one.told(one.ready, "set_photo", { bytes: citizen.portrait });
  await one.page.reload();
  await one.heading("restored_title");
  await one.press("restored_bind");
  await one.heading("review_title");
  await one.press("review_send");
  await one.atHome();
}

/** What the old phone hears when it asks the province again. */
async function saysOfOld(old) {
  const answer = await old.ask(old.ready, "sync");
  return answer.error?.code;
}

test("a backup under six words is restored on a new phone, which takes the old one's place", async (t) => {
  const old = await enrolled(t, "backed-up", "ur", BACKED_UP);
  await old.press("backup_title");
  await old.press("backup_show_words");
  await old.heading("backup_words_title");
  const words = await old.page.locator("li .word").allInnerTexts();
  assert.equal(words.length, 6);
  await old.press("backup_written");
  await old.heading("backup_ask_title");
  for (const field of await old.page.getByRole("textbox").all()) {
    const label = await field.evaluate((input) => input.labels[0].innerText);
    await field.fill(words[numberIn(label) - 1]);
  }
  await old.press("backup_make");
  await old.heading("backup_done_title");
  const [name, folder] = await old.page.locator("dd").allInnerTexts();
  assert.equal(folder, "downloads");

  const next = await fresh(t, "restored", "ur");
  await next.press("before_backup");
  await next.page.locator("input[type=file]").setInputFiles(join(stage.place.folder, "backed-up", folder, name));
  await next.heading("restore_words_title");
  const fields = await next.page.getByRole("textbox").all();
  for (const [at, field] of fields.entries()) await field.fill(words[(at + 1) % 6]);
  await next.press("restore_open");
  await next.explains("backup_wrong_phrase");
  for (const [at, field] of fields.entries()) await field.fill(words[at]);
  await next.press("restore_open");
  await next.heading("restored_title");
  // It shows what was there and presents nothing until the province knows this phone.
  const early = await next.ask(next.ready, "show_timed", { vct: "age", audience: null });
  assert.equal(early.error.code, "restored_not_bound");
  await bound(next, BACKED_UP);
  await next.told(next.ready, "show_timed", { vct: "age", audience: null });
  assert.equal(await saysOfOld(old), "device_replaced");
  assert.deepEqual(next.page.complaints, []);
});

test("two phones face each other: everything moves without a network and the old phone is empty", async (t) => {
  const old = await enrolled(t, "old", "ps", MOVED);
  await old.told(old.ready, "show_timed", { vct: "age", audience: null });
  const next = await fresh(t, "new", "ps");
  await stage.stop("province");
  await next.press("before_old_phone");
  await next.heading("move_in_title");

  await old.press("move_out_title");
  await old.press("move_scan_new");
  await faces(next, old, "move_compare_title");
  await next.press("move_has_read");
  await faces(old, next, "move_receive_title");
  const words = (one) => one.page.locator("li .word").allInnerTexts();
  assert.deepEqual(await words(next), await words(old));
  await old.press("move_same");
  await old.heading("move_play_title");
  await faces(old, next, "move_confirm_title");
  await old.press("move_new_has_all");
  await faces(next, old, "moved_title");
  await next.press("move_old_has_read");
  await next.heading("restored_title");

  // The old phone kept nothing, however often it is started.
  await old.press("moved_begin_anew");
  const state = await old.told(old.ready, "app_state");
  assert.equal(state.enrolment, "none");
  await stage.province();
  await bound(next, MOVED);
  const past = await next.told(next.ready, "past", { ask: { words: "", filter: "shown", vct: "age", before: null } });
  assert.equal(past.entries.length, 1, "the past came along");
  assert.deepEqual([...old.page.complaints, ...next.page.complaints], []);
});

/** The number in a label, in figures of Urdu and Pashto or in others. */
function numberIn(label) {
  return Number([...label].map((letter) => "0123456789۰۱۲۳۴۵۶۷۸۹".indexOf(letter)).filter((at) => at >= 0).map((at) => at % 10).join(""));
}
