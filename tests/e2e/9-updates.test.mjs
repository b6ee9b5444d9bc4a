// A desk that never sees a network: updates from a file and off another screen, and a suspension that reaches it so.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { drawn, openPage } from "./lib/browser.mjs";
import { atDesk, en, signIn } from "./lib/journeys.mjs";
import { look } from "./lib/look.mjs";
import { withPhone } from "./lib/office.mjs";
import { PHONE } from "./lib/phone.mjs";
import { textsIn } from "./lib/pictures.mjs";
import { LANGUAGES, words } from "./lib/words.mjs";

const run = promisify(execFile);
const CNIC = "9999900000011";
let stage;
let browser;
let wallet;
let phone;

withPhone(CNIC, (all) => {
  ({ stage, browser, wallet, phone } = all);
});

/** The officer chooses a file at the menu; what the page says of it. */
async function choose(page, file) {
  await page.locator("input[type=file]:not([multiple])").setInputFiles(file);
  const said = page.locator("[data-update]:not([data-update=reading])");
  await said.waitFor();
  return { state: await said.getAttribute("data-update"), text: (await said.innerText()).split(/\n+/) };
}

/** How a desk judges this citizen's identity at the moment. */
async function judged(desk) {
  const { text } = await desk.act("/api/request", { ask: "identity" });
  const { id } = await phone.told(wallet, "read_request_text", { text });
  const { frames } = await phone.told(wallet, "answer_request", { id });
  const [answer] = await textsIn(await drawn(browser, frames[0]));
  const { code } = await desk.act("/api/text", { text: answer });
  await phone.told(wallet, "end_showing", { id });
  return code;
}

test("a file from a stick brings an empty desk everything, and what is none is refused in words", async (t) => {
  const desk = await stage.desk("stick", { offline: true });
  const page = await openPage(browser, { width: 1024, height: 768 });
  t.after(() => page.context().close());
  await page.goto(desk.page);
  await signIn(page, desk);
  await page.keyboard.press("F9");
  await page.locator("button", { hasText: en("update_file") }).waitFor();
  const letter = { name: "letter.txt", mimeType: "text/plain", buffer: Buffer.from("a letter") };
  assert.deepEqual(await choose(page, letter), {
    state: "refused",
    text: [en("code_station_update_unreadable"), en("code_station_update_unreadable_next")],
  });
  await page.getByText(en("counter_trust_missing")).waitFor();
  const whole = await stage.bundle();
  await page.locator("[data-update=refused]").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("F9");
  assert.deepEqual(await choose(page, whole), { state: "taken", text: [en("update_taken")] });
  const found = [];
  for (const [key, language] of [["F2", "ur"], ["F3", "ps"], ["F4", "en"]]) {
    await page.keyboard.press("Escape");
    await page.keyboard.press(key);
    await page.keyboard.press("F9");
    // The same again brings nothing.
    assert.deepEqual(await choose(page, whole), { state: "unchanged", text: [words(language, "update_unchanged")] });
    await look(found, page, language, "desk-update-file");
  }
  assert.deepEqual(found, []);
  assert.deepEqual(page.complaints.filter((one) => !one.includes("422")), []);
  // A face is still to be compared: everything that the desk needs to judge is here.
  const { trust, status } = await desk.state();
  assert.deepEqual([trust.state, status.state, await judged(desk)], ["current", "current", "photo_incomplete"]);
});

test("a day's changes are read off another screen while visitors come, and the phone says what they mean", async (t) => {
  const desk = await stage.desk("codes", { offline: true });
  await desk.update(await readFile(await stage.bundle()));
  const { epoch } = (await desk.state()).status;
  await stage.suspend(CNIC, true);
  const folder = join(stage.place.folder, "pictures");
  await mkdir(folder);
  await run(stage.place.khyber, ["status", "frames", await stage.bundle(epoch), "--png", folder]);
  const codes = await Promise.all((await readdir(folder)).toSorted().map((name) => readFile(join(folder, name))));
  assert.ok(codes.length > 6);
  assert.equal(await judged(desk), "photo_incomplete");
  await atDesk(desk, codes, async (page) => {
    await page.locator("[data-update=taken]").waitFor();
    await page.getByText(en("update_taken")).waitFor();
    assert.equal(await page.locator("[data-verdict]").count(), 0);
    assert.deepEqual(page.complaints, []);
  });
  assert.equal((await desk.state()).status.epoch, epoch + 1);
  assert.equal(await judged(desk), "suspended");

  // The phone learns it too, and that it may be lifted.
  assert.equal((await phone.ask(wallet, "sync")).error.code, "person_suspended");
  const found = [];
  for (const colorScheme of ["light", "dark"]) {
    for (const language of LANGUAGES) {
      await phone.told(wallet, "set_language", { language });
      const page = await openPage(browser, { ...PHONE, colorScheme });
      t.after(() => page.context().close());
      await page.goto(wallet.page);
      await page.getByText(words(language, "card_suspended_next")).waitFor();
      await look(found, page, language, `home-suspended-${colorScheme}`);
    }
  }
  assert.deepEqual(found, []);
  await stage.suspend(CNIC, false);
  await phone.told(wallet, "sync");
  assert.equal((await phone.told(wallet, "home")).standing, "valid");
});
