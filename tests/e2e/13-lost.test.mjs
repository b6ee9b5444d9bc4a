// A phone that is gone, and what waits for a network: the real window against the real province.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { keep, openBrowser, openPage } from "./lib/browser.mjs";
import { CODE, PIN, done, en, enrol, showAge, signIn } from "./lib/journeys.mjs";
import { look } from "./lib/look.mjs";
import { PHONE, Phone } from "./lib/phone.mjs";
import { Stage } from "./lib/stage.mjs";
import { step } from "./lib/steps.mjs";
import { WalletWindow } from "./lib/window.mjs";
import { LANGUAGES } from "./lib/words.mjs";

const CITIZEN = { name: "Gul Zaman", cnic: "9999900000011" };
const FACES = fileURLToPath(new URL("../../assets/test-citizens/", import.meta.url));
const FACE = join(FACES, "gul-zaman.png");
/** Who stands at the desk without a phone. */
const OTHER = "9999900000033";
const MOBILE = "03451112223";
let stage;
let window;
let browser;

before(async () => {
  stage = await Stage.open();
  browser = await openBrowser();
  await stage.servers();
});
after(async () => {
  // How the window looked at the end, for whoever reads of a failure.
  if (window) await keep("lost-end.png", await window.picture()).catch(() => undefined);
  await window?.close();
  await browser?.close();
  await stage?.close();
});

/** What is on its way, as the application tells its screen. */
const way = () => window.script("window.__TAURI_INTERNALS__.invoke('on_its_way').then(arguments[0], (error) => arguments[0]({ error }));");

async function stateOf(what) {
  const { items } = await way();
  return items.find((item) => item.what === what)?.state;
}

/** Every file of a phone. */
async function files(name) {
  return (await readdir(join(stage.place.folder, name), { recursive: true })).toSorted();
}

/** The day on which the card was issued, in place of the one that is in the review. */
async function issuedOn(phone, day, month, year) {
  await phone.page.getByRole("button", { name: `${phone.say("change")}: ${phone.say("review_issued")}`, exact: true }).click();
  await phone.heading("enrol_issued_title");
  await phone.date(day, month, year);
  await phone.press("continue");
  await phone.heading("lost_review_title");
}

/** From the card to the list of what is on its way. */
async function openWay() {
  await window.press(en("nav_me"));
  await window.heading(en("me_title"));
  await window.press(en("way_title"));
  await window.heading(en("way_title"));
}

async function home() {
  await window.press(en("back"));
  await window.heading(en("me_title"));
  await window.press(en("nav_home"));
}

test("what waits for a network, a phone that is lost, and its owner's way back", async (t) => {
  await step(t, "a citizen has a card", async () => {
    window = await WalletWindow.open(await stage.window("wallet"));
    await enrol(window, CITIZEN.name);
    assert.equal(await stateOf("enrolment"), "confirmed");
  });

  await step(t, "another mobile number, without a network: it waits, and says so", async () => {
    await stage.stop("province");
    await window.press(en("nav_me"));
    await window.heading(en("me_title"));
    await window.press(en("mobile_change_title"));
    await window.heading(en("mobile_change_title"));
    await window.type(en("mobile_new"), "12");
    await window.press(en("mobile_change_do"));
    await window.says(`${en("code_mobile_malformed")} ${en("code_mobile_malformed_next")}`);
    await window.type(en("mobile_new"), MOBILE);
    await window.press(en("mobile_change_do"));
    // The phone tries at once; whether it has by now is chance, and both are told.
    await window.saysOneOf([en("way_state_waiting"), en("way_state_sent")]);
    await keep("mobile-waiting.png", await window.picture());
    assert.notEqual((await way()).mobile, MOBILE);
    await window.press(en("back"));
    await window.heading(en("me_title"));
    await window.press(en("way_title"));
    await window.heading(en("way_title"));
    await window.press(en("sync_now"));
    await window.says(en("code_network_down"));
    await window.says(en("way_state_sent"));
    await keep("way-offline.png", await window.picture());
  });

  await step(t, "with a network it is sent and confirmed", async () => {
    await stage.province();
    await window.press(en("sync_now"));
    await window.until(async () => (await stateOf("mobile")) === "confirmed");
    const told = await way();
    assert.equal(told.mobile.replaceAll("-", ""), MOBILE);
    await keep("way-confirmed.png", await window.picture());
    await home();
    await window.says(en("passes_title"));
  });

  await step(t, "from a phone that is nobody's its owner says that it is lost; whoever knows the number alone cannot", async () => {
    const ready = await stage.preview("borrowed");
    const phone = new Phone(await openPage(browser, PHONE), "en");
    t.after(() => phone.page.context().close());
    await phone.page.goto(ready.page);
    await phone.page.getByRole("button", { name: en("lost_entry") }).click();
    const before = await files("borrowed");
    await phone.heading("lost_title");
    await phone.press("lost_begin");
    await phone.heading("enrol_cnic_title");
    await phone.page.getByRole("button").filter({ hasText: "99999-0000001-1" }).click();
    await phone.heading("lost_review_title");

    // Somebody who knows the number alone: the same proof as for an enrolment, so nothing is disabled.
    await issuedOn(phone, "15", "03", "2019");
    await phone.press("lost_send");
    await phone.explains("nadra_not_matched");
    await phone.page.getByText(phone.say("lost_safe")).waitFor();
    assert.equal((await window.home()).trouble.ended, null);

    await phone.press("back");
    await phone.heading("lost_review_title");
    await issuedOn(phone, "14", "03", "2019");
    await stage.stop("province");
    await phone.press("lost_send");
    await phone.page.getByText(phone.say("code_network_down")).waitFor();
    await keep("lost-offline.png", await phone.page.screenshot());
    await stage.province();
    await phone.press("try_again");
    await phone.heading("lost_told_title");
    await keep("lost-told.png", await phone.page.screenshot());
    await phone.press("done");
    await phone.page.getByRole("button", { name: "English" }).waitFor();
    assert.deepEqual(await files("borrowed"), before, "nothing of it is kept");
    assert.deepEqual(phone.page.complaints, []);
  });

  await step(t, "the lost phone learns it at its next sync, and shows nothing from then on", async () => {
    await showAge(window);
    await done(window);
    await openWay();
    await window.press(en("sync_now"));
    // It locks, and says what happened to whoever knows the PIN.
    await window.heading(en("unlock_title"));
    await window.pin(PIN);
    await window.says(en("card_ended"));
    await keep("ended.png", await window.picture());
    await window.press(en("nav_show"));
    await window.heading(en("choose_title"));
    await window.says(en("code_wallet_disabled"));
    assert.deepEqual(await window.script("window.__TAURI_INTERNALS__.invoke('timed_choices').then(arguments[0]);"), []);
    await window.press(en("back"));
  });

  await step(t, "its owner has it back, begins anew, and it takes the place of what was there", async () => {
    await window.press(en("ended_begin"));
    await window.heading(en("ended_begin_title"));
    await window.press(en("ended_begin"));
    // Everything that was typed before is still there, but for the picture: that has to be of now.
    await window.heading(en("enrol_photo_title"));
    await window.file(en("photo_choose"), FACE);
    await window.says(en("photo_yours"), { label: true });
    await window.press(en("continue"));
    await window.heading(en("review_title"));
    await window.press(en("review_send"));
    await window.says(en("passes_title"));
    assert.equal((await window.home()).trouble.ended, null);
    assert.equal(await stateOf("rebind"), "confirmed");
    await showAge(window);
    assert.ok(await window.code(CODE));
    await done(window);
  });

  await step(t, "another phone takes over: the window says which, and what may be done", async () => {
    const ready = await stage.preview("next");
    const phone = new Phone(await openPage(browser, PHONE), "en");
    t.after(() => phone.page.context().close());
    await phone.page.goto(ready.page);
    await phone.welcome();
    await phone.choosePin();
    await phone.citizen(CITIZEN.cnic);
    await phone.press("review_send");
    await phone.explains("already_enrolled");
    await keep("takeover.png", await phone.page.screenshot());
    await phone.press("takeover_do");
    await phone.atHome();
    await openWay();
    await window.press(en("sync_now"));
    await window.says(en("code_device_replaced"));
    assert.equal((await window.home()).trouble.ended, "device_replaced");
    assert.deepEqual(phone.page.complaints, []);
  });
});

test("a lost phone is told at a desk, by an officer who types what is on the card", async (t) => {
  const ready = await stage.preview("gone");
  const gone = new Phone(undefined, "en");
  await gone.enrolUnseen(ready, OTHER);
  const citizen = JSON.parse(await readFile(join(FACES, "citizens.json"), "utf8")).find((one) => one.cnic === OTHER);
  const desk = await stage.desk("desk");
  const page = await openPage(browser, { width: 1280, height: 720 });
  t.after(() => page.context().close());
  const officer = new Phone(page, "en");
  await page.goto(desk.page);
  await signIn(page, desk);

  await step(t, "the officer opens it from the menu and reads what proof is needed", async () => {
    await page.keyboard.press("F9");
    await officer.press("lost_title");
    await officer.heading("lost_title");
    await page.getByText(en("desk_lost_face")).waitFor();
    await keep("desk-lost.png", await page.screenshot());
    await officer.press("lost_begin");
  });

  await step(t, "the questions of an enrolment, by keyboard", async () => {
    await officer.heading("enrol_cnic_title");
    await officer.field("claim_cnic").fill("12");
    await page.keyboard.press("Enter");
    await page.getByText(en("code_cnic_malformed")).waitFor();
    await officer.typeCard(citizen, join(FACES, citizen.portrait));
    await officer.heading("desk_lost_review");
    await keep("desk-lost-review.png", await page.screenshot());
  });

  await step(t, "without the province the desk says so; with it the wallet is disabled", async () => {
    await stage.stop("province");
    await officer.press("lost_send");
    await page.getByText(en("code_station_unreachable")).waitFor();
    await stage.province();
    await officer.press("try_again");
    await officer.heading("lost_told_title");
    await page.getByText(en("desk_lost_gone")).waitFor();
    await keep("desk-lost-told.png", await page.screenshot());
    await officer.press("done");
    assert.deepEqual(page.complaints, []);
  });

  await step(t, "the phone learns it", async () => {
    const { error } = await gone.ask(ready, "sync");
    assert.equal(error.code, "wallet_disabled");
    // It locked with that.
    assert.equal((await gone.told(ready, "app_state")).lock, "locked");
    await gone.told(ready, "unlock", { pin: PIN });
    assert.equal((await gone.told(ready, "home")).trouble.ended, "wallet_disabled");
  });

  await step(t, "what it says from then on, and what a finder sees, in each language", async () => {
    const found = [];
    const lost = await openPage(browser, PHONE);
    t.after(() => lost.context().close());
    for (const language of LANGUAGES) {
      const phone = new Phone(lost, language);
      const seen = (screen) => look(found, lost, language, screen);
      await gone.told(ready, "set_language", { language });
      await gone.told(ready, "lock");
      await lost.goto(ready.page);
      await phone.heading("unlock_title");
      await seen("lock-lost");
      await phone.press("lost_entry");
      await phone.heading("lost_title");
      await seen("lost-door");
      await phone.press("lost_begin");
      await phone.heading("enrol_cnic_title");
      await phone.press("back");
      await phone.heading("lost_title");
      await phone.press("back");
      await phone.unlock();
      await phone.explains("wallet_disabled");
      await seen("home-ended");
      await phone.press("nav_show");
      await phone.heading("choose_title");
      await phone.explains("wallet_disabled");
      await seen("choose-ended");
      await phone.press("ended_begin");
      await phone.heading("ended_begin_title");
      await seen("begin-anew");
    }
    assert.deepEqual(lost.complaints, []);
    assert.deepEqual(found, []);
  });
});
