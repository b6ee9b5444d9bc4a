// A gate for staff: opened by one sign-in, a staff pass from the province on a phone, the face that is asked for, the list
// and the sheet of the day, and the desk's log as the officer hands it out.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { drawn, keep, openPage } from "./lib/browser.mjs";
import { en, signIn } from "./lib/journeys.mjs";
import { withPhone } from "./lib/office.mjs";
import { textsIn } from "./lib/pictures.mjs";
import { LANGUAGES, words } from "./lib/words.mjs";

const CNIC = "9999900000011";
const SMALL = { width: 1024, height: 768 };
const PROFILE = {
  version: 1,
  id: "gate",
  name: { en: "Staff gate", ur: "عملے کا دروازہ", ps: "د کارکوونکو دروازه" },
  service: "attendance",
  ask: ["name-photo"],
  mode: "timed",
  // Everybody's face, so that this does not hang on chance.
  gate: { name_photo_one_in: 1 },
};
let stage;
let browser;
let phone;
let wallet;

withPhone(CNIC, async (all) => {
  ({ stage, browser, wallet, phone } = all);
  await stage.grant({ cnic: CNIC, vct: "staff", fields: { staff_number: "1042", office: "dc-peshawar" } });
  await phone.told(wallet, "sync");
});

/** Types as a USB scanner does: at once, and Enter. */
async function scan(page, frame) {
  const [text] = await textsIn(await drawn(browser, frame));
  await page.evaluate((typed) => {
    for (const key of [...typed, "Enter"]) {
      const code = key === "Enter" ? "Enter" : "";
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }));
    }
  }, text);
}

/** The phone shows its staff pass. */
async function showPass(page) {
  const { frames } = await phone.told(wallet, "show_timed", { vct: "staff", audience: null });
  await scan(page, frames[0]);
}

async function saved(page, press) {
  const [download] = await Promise.all([page.waitForEvent("download"), press()]);
  return { name: download.suggestedFilename(), path: await download.path() };
}

test("a day at the gate, from the sign-in that opens it to the sheet and the log", async (t) => {
  let desk = await stage.desk("gate", { profile: PROFILE });
  await desk.sync();
  const page = await openPage(browser, SMALL);
  t.after(() => page.context().close());
  await page.goto(desk.page);
  await page.getByText(en("gate_sign_in_help")).waitFor();
  await signIn(page, desk);
  await page.getByRole("heading", { name: en("gate_idle_title") }).waitFor();
  await keep("gate-idle.png", await page.screenshot());

  // Which way by shape and word; the face is asked for before anything else.
  await showPass(page);
  const passed = page.locator("[data-movement=in][data-ask-face=true]");
  await passed.waitFor();
  await page.getByText("1042").first().waitFor();
  for (const language of LANGUAGES) {
    await page.getByRole("button", { name: { en: "English", ur: "اردو", ps: "پښتو" }[language], exact: true }).click();
    await page.getByRole("heading", { name: words(language, "gate_face_title") }).waitFor();
    await keep(`gate-face-${language}.png`, await page.screenshot());
  }
  await page.getByRole("button", { name: "English", exact: true }).click();
  await page.getByRole("button", { name: en("gate_face_ask") }).click();
  await page.locator("[data-request=open]").waitFor();
  const [question] = await textsIn(await page.getByRole("img", { name: en("counter_request_code") }).screenshot());
  const { id } = await phone.told(wallet, "read_request_text", { text: question });
  const { frames } = await phone.told(wallet, "answer_request", { id });
  for (const frame of new Set(frames.map((one) => JSON.stringify(one)))) await scan(page, JSON.parse(frame));
  await page.getByRole("img", { name: en("counter_photo_alt") }).waitFor();
  await page.keyboard.down("1");
  await page.locator("[data-verdict=accepted]").waitFor();
  await page.keyboard.up("1");
  await page.keyboard.press("Space");

  // The same number a moment later is the same coming in.
  await page.getByRole("heading", { name: en("gate_idle_title") }).waitFor();
  await showPass(page);
  await page.locator("[data-movement=again][data-ask-face=false]").waitFor();
  await keep("gate-again.png", await page.screenshot());
  await page.keyboard.press("Space");

  // The list, the sheet, and the log as files.
  await page.keyboard.press("F9");
  await page.getByRole("button", { name: en("gate_list"), exact: true }).click();
  await page.locator("[data-attendance]").getByText(en("gate_remark_face_same")).waitFor();
  await keep("gate-list.png", await page.screenshot());
  const sheet = await saved(page, () => page.getByRole("button", { name: en("gate_sheet") }).click());
  const [head, line, rest] = readFileSync(sheet.path, "utf8").split("\r\n");
  assert.match(sheet.name, /^attendance-\d{4}-\d\d-\d\d\.csv$/);
  assert.equal(head, "office,staff_number,date,in,out,hours,remarks");
  assert.match(line, /^dc-peshawar,1042,\d{4}-\d\d-\d\d,\d\d:\d\d,,,still_in in_face_same$/);
  assert.equal(rest, "");
  await page.keyboard.press("Escape");
  await page.keyboard.press("F9");
  await page.locator("[data-log=whole]").waitFor();
  const log = await saved(page, () => page.getByRole("button", { name: en("log_hand_out") }).click());
  const certificate = join(stage.place.folder, "gate.certificate");
  const found = JSON.parse(execFileSync(stage.place.khyber, ["log", "verify", log.path, "--certificate", certificate], { encoding: "utf8" }));
  assert.deepEqual([found.verdict, found.code], ["accepted", "log_whole"]);
  const text = readFileSync(log.path, "utf8");
  for (const event of ["start", "officers", "settings", "sign_in", "gate", "visit", "sheet", "export"]) {
    assert.ok(text.includes(`"event":"${event}"`), event);
  }
  // Four digits come up in a hash or a seal by chance.
  assert.doesNotMatch(text.replaceAll(/"(hash|seal)":"[^"]*"/g, ""), /1042|dc-peshawar|99999|Gul|KP1/);
  // One changed letter is found.
  const bent = join(stage.place.folder, "bent.jsonl");
  writeFileSync(bent, text.replace('"code":"signed_in"', '"code":"signed_on"'));
  const changed = spawnSync(stage.place.khyber, ["log", "verify", bent, "--certificate", certificate], { encoding: "utf8" });
  assert.deepEqual([changed.status, JSON.parse(changed.stdout).code], [1, "log_changed"]);

  // The power fails: the gate is open as it was, and the list is an officer's.
  await stage.stop("gate");
  desk = await stage.desk("gate", { profile: PROFILE });
  await page.goto(desk.page);
  await page.getByRole("heading", { name: en("gate_idle_title") }).waitFor();
  await showPass(page);
  await page.locator("[data-movement=again]").waitFor();
  await assert.rejects(desk.call("POST", "/api/gate/day", { day: null }), /401.*station_nobody_signed_in/);
  await assert.rejects(desk.call("POST", "/api/log/export", {}), /401.*station_nobody_signed_in/);
  await page.getByRole("button", { name: en("officer_sign_in"), exact: true }).click();
  await signIn(page, desk);
  await page.keyboard.press("F9");
  await page.getByRole("button", { name: en("gate_close") }).click();
  await page.getByText(en("gate_sign_in_help")).waitFor();
  assert.equal((await desk.state()).desk.gate.open, false);
});
