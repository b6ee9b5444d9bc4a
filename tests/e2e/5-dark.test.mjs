// The dark theme: the wallet in three languages, the counter on the smallest screen of an office, and codes that stay dark
// on light in both.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { choosePictures, drawnAll, openBrowser, openPage } from "./lib/browser.mjs";
import { signIn } from "./lib/journeys.mjs";
import { darkOnLight, look } from "./lib/look.mjs";
import { PHONE, Phone } from "./lib/phone.mjs";
import { Stage } from "./lib/stage.mjs";
import { LANGUAGES, OWN_NAME, words } from "./lib/words.mjs";

const CITIZENS = { en: "9999900000011", ur: "9999900000022", ps: "9999900000033" };
const DARK = { colorScheme: "dark" };
/** A low screen, and the tallest letters on it: the code has to give way, not to lose its edge. */
const LOW = { width: 1024, height: 600 };
const DESK_LANGUAGE = "ur";
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

for (const language of LANGUAGES) {
  test(`dark screens in ${language}`, async (t) => {
    const found = [];
    const ready = await stage.preview(`wallet-${language}`);
    const page = await openPage(browser, { ...PHONE, ...DARK });
    t.after(() => page.context().close());
    const phone = new Phone(page, language);
    await wallet(phone, ready, (screen) => look(found, page, language, `dark-${screen}`));
    if (language === DESK_LANGUAGE) {
      const age = await drawnAll(browser, await phone.told(ready, "show_timed", { vct: "age", audience: null }));
      const office = await openPage(browser, { ...LOW, ...DARK });
      t.after(() => office.context().close());
      await counter(office, language, age, (screen) => look(found, office, language, `dark-counter-${screen}`));
      page.complaints.push(...office.complaints);
    }
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(found, []);
  });
}

async function wallet(phone, ready, seen) {
  const { page, language } = phone;
  await page.goto(ready.page);
  await phone.welcome();
  await phone.choosePin();
  await phone.press("continue");
  await page.getByRole("alert").first().waitFor();
  await seen("enrol-cnic-empty");
  await phone.citizen(CITIZENS[language]);
  await seen("review");
  await phone.press("review_send");
  await phone.atHome();
  await seen("home");
  await phone.press("nav_show");
  await phone.heading("choose_title");
  const choice = page.getByRole("button").filter({ hasText: phone.say("pass_age") });
  await choice.waitFor();
  await seen("choose");
  await choice.click();
  await page.getByRole("img", { name: phone.say("showing_code_label") }).waitFor();
  await seen("showing");
  await darkOnLight(page, phone.say("showing_code_label"));
  await phone.press("done");
  await phone.atHome();
  await phone.press("nav_past");
  await phone.heading("past_title");
  await seen("past");
}

async function counter(page, language, age, seen) {
  const desk = await stage.desk("desk");
  await desk.sync();
  const bare = await stage.desk("bare", { offline: true });
  const speak = () => page.getByRole("button", { name: OWN_NAME[language], exact: true }).click();
  await page.goto(desk.page);
  await speak();
  await signIn(page, desk, language);
  await seen("idle");
  await choosePictures(page, age);
  await page.locator("[data-verdict=accepted]").waitFor();
  await seen("accepted");
  await page.getByRole("button", { name: words(language, "counter_next") }).click();

  await page.getByRole("button", { name: words(language, "counter_ask_label", { pass: words(language, "pass_identity") }) }).click();
  await page.locator("[data-request=open]").waitFor();
  await seen("request");
  await darkOnLight(page, words(language, "counter_request_code"));
  const cancel = page.getByRole("button", { name: words(language, "counter_request_cancel"), exact: true });
  const { top, bottom } = await cancel.evaluate((one) => one.getBoundingClientRect().toJSON());
  const card = await page.locator("[data-request]").evaluate((one) => one.getBoundingClientRect().toJSON());
  assert.ok(top >= card.top && bottom <= card.bottom, "the way out of a request is cut off");
  await cancel.click();

  await page.goto(bare.page);
  await speak();
  await signIn(page, bare, language);
  await choosePictures(page, age);
  await page.locator("[data-verdict=undecided][data-code=no_trust_list]").waitFor();
  await seen("undecided");
}
