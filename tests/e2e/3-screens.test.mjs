// Every screen of wallet and counter, in three languages and both directions: axe with contrast on, the test mark, and
// nothing wider than a small phone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { drawn, keep, openBrowser, openPage } from "./lib/browser.mjs";
import { PHONE, Phone } from "./lib/phone.mjs";
import { Stage } from "./lib/stage.mjs";
import { LANGUAGES, OWN_NAME, words } from "./lib/words.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const CITIZENS = { en: "9999900000011", ur: "9999900000022", ps: "9999900000033" };
let stage;
let browser;
let desk;

before(async () => {
  stage = await Stage.open();
  browser = await openBrowser();
  await stage.servers();
  desk = await stage.desk("desk");
  await desk.sync();
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** What is wrong with the screen that is on, in words. */
async function faults(page) {
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined))).then(() => undefined, () => undefined));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary ?? ""}`).join(" | ")}`);
}

/** Looks at one screen; collects instead of ending, so that one run tells everything. */
async function look(found, page, language, name) {
  for (const fault of await faults(page)) found.push(`${name} (${language}): ${fault}`);
  const marks = await page.getByRole("note").filter({ hasText: words(language, "test_mark") }).count();
  if (marks !== 1) found.push(`${name} (${language}): the test mark is there ${marks} times`);
  const { lang, dir, wide } = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    dir: getComputedStyle(document.documentElement).direction,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  }));
  if (lang !== language) found.push(`${name} (${language}): the page says that its language is ${lang}`);
  if ((dir === "rtl") !== (language !== "en")) found.push(`${name} (${language}): runs ${dir}`);
  if (wide > 0) found.push(`${name} (${language}): ${wide} pixels too wide`);
  await keep(`screen-${name}-${language}.png`, await page.screenshot());
}

for (const [language, colorScheme] of [...LANGUAGES.map((one) => [one, "light"]), ["en", "dark"]]) {
  test(`screens of the wallet in ${language}, ${colorScheme}`, async (t) => {
    const found = [];
    const name = `wallet-${language}-${colorScheme}`;
    const ready = await stage.preview(name);
    const page = await openPage(browser, { ...PHONE, colorScheme });
    t.after(() => page.context().close());
    const phone = new Phone(page, language);
    const seen = (screen) => look(found, page, language, colorScheme === "dark" ? `${screen}-dark` : screen);

    await page.goto(ready.page);
    await page.getByRole("button", { name: OWN_NAME[language] }).waitFor();
    // The first screen is there before anybody chose a language.
    for (const fault of await faults(page)) found.push(`welcome: ${fault}`);
    await phone.welcome();
    await seen("pin");
    await phone.choosePin();
    await seen("enrol-cnic");
    // A second wallet of the same citizen would be refused, and rightly: the dark one stays without a card.
    if (colorScheme === "light") await withCard(phone, ready, seen);
    else await questions(phone, seen);
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(found, []);
  });
}

/** Every question of the form, with its error shown. */
async function questions(phone, seen) {
  await phone.press("continue");
  await phone.page.getByRole("alert").first().waitFor();
  await seen("enrol-cnic-empty");
  await phone.field("claim_cnic").fill("9999900000099");
  await phone.press("continue");
  await phone.heading("enrol_issued_title");
  await seen("enrol-issued");
  await phone.date("01", "02", "2020");
  await phone.press("continue");
  await phone.heading("enrol_name_title");
  await phone.press("continue");
  await phone.page.getByRole("alert").first().waitFor();
  await seen("enrol-name-empty");
}

async function withCard(phone, ready, seen) {
  const { page, language } = phone;
  await phone.citizen(CITIZENS[language]);
  await seen("review");
  // Each question as it is reached from the review, filled in.
  for (const [label, title] of [
    ["review_issued", "enrol_issued_title"],
    ["name_english_letters", "enrol_name_title"],
    ["claim_guardian_relation", "enrol_guardian_title"],
    ["claim_date_of_birth", "enrol_birth_title"],
    ["claim_gender", "enrol_gender_title"],
    ["claim_address", "enrol_address_title"],
    ["claim_district", "enrol_district_title"],
    ["mobile_number", "enrol_mobile_title"],
  ]) {
    await page.getByRole("button", { name: `${phone.say("change")}: ${phone.say(label)}`, exact: true }).click();
    await phone.heading(title);
    await seen(title.replace("_title", "").replace("_", "-"));
    await phone.press("back");
    await phone.heading("review_title");
  }
  await page.getByRole("button").filter({ hasText: phone.say("photo_saved") }).click();
  await phone.heading("enrol_photo_title");
  await seen("enrol-photo");
  await phone.press("back");
  await phone.press("review_send");
  await phone.atHome();
  await seen("home");
  await phone.press("card_details");
  await seen("home-details");

  await phone.press("nav_show");
  await phone.heading("choose_title");
  await page.getByRole("button").filter({ hasText: phone.say("pass_age") }).click();
  await page.getByRole("img", { name: phone.say("showing_code_label") }).waitFor();
  await seen("showing");
  await phone.press("done");
  await phone.atHome();

  await phone.press("nav_scan");
  await phone.heading("scan_title");
  await seen("scan");
  const request = await desk.call("POST", "/api/request", { ask: "identity" });
  const { ok: read } = await phone.ask(ready, "read_request_text", { text: request.text });
  assert.equal(read.check_code, request.check_code);
  await page.locator("input[type=file]").setInputFiles({ name: "question.png", mimeType: "image/png", buffer: await drawn(browser, request) });
  await phone.heading("consent_title");
  // Nobody answers this desk: what it looks at next must not be taken for an answer.
  await desk.call("POST", "/api/request/cancel");
  await seen("consent");
  await phone.press("consent_show");
  await page.getByRole("img", { name: phone.say("showing_code_label") }).waitFor();
  await seen("showing-identity");
  await phone.press("done");
  await phone.atHome();

  await phone.press("nav_past");
  await phone.heading("past_title");
  await seen("past");
  await phone.press("nav_me");
  await phone.heading("me_title");
  await seen("me");
  await phone.press("lock_now");
  await phone.heading("unlock_title");
  await seen("unlock");
  await phone.pin("000000");
  await phone.page.getByRole("alert").first().waitFor();
  await seen("unlock-wrong");
}

test("screens of the counter in three languages", async (t) => {
  const found = [];
  const ready = await stage.preview("wallet-counter");
  const page = await openPage(browser, { width: 1366, height: 768 });
  t.after(() => page.context().close());
  const phone = new Phone(page, "en");
  const ask = async (command, body) => {
    const answer = await phone.ask(ready, command, body);
    assert.ok("ok" in answer, `${command}: ${JSON.stringify(answer)}`);
    return answer.ok;
  };
  await ask("create_vault", { pin: "246810" });
  const [citizen] = (await ask("test_citizens")).filter((one) => one.draft.cnic === "9999900000033");
  await ask("set_photo", { bytes: citizen.portrait });
  await ask("save_draft", { draft: { ...citizen.draft, has_photo: true } });
  // The citizen of the Pashto wallet, whose enrolment the province ends so that this one may begin.
  await stage.release("9999900000033").catch(() => undefined);
  await ask("enrol");

  /** The codes of a showing as pictures. */
  const pictures = (showing) => Promise.all([...new Set(showing.frames.map(JSON.stringify))].map((frame) => drawn(browser, JSON.parse(frame))));
  const give = async (buffers) => {
    await page.locator("input[type=file]").setInputFiles(buffers.map((buffer, at) => ({ name: `${at}.png`, mimeType: "image/png", buffer })));
  };
  const next = (language) => page.getByRole("button", { name: words(language, "counter_next") }).click();

  await page.goto(desk.page);
  for (const language of LANGUAGES) {
    await page.getByRole("button", { name: OWN_NAME[language], exact: true }).click();
    const seen = (screen) => look(found, page, language, `counter-${screen}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await seen("idle");

    const age = await pictures(await ask("show_timed", { vct: "age", audience: null }));
    await give(age);
    await page.locator("[data-verdict=accepted]").waitFor();
    await seen("accepted");
    await next(language);
    await give(age);
    await page.locator("[data-verdict=refused][data-code=replayed]").waitFor();
    await seen("refused");
    await next(language);

    await page.getByRole("button", { name: words(language, "counter_ask_label", { pass: words(language, "pass_identity") }) }).click();
    await page.locator("[data-request=open]").waitFor();
    await seen("request");
    const { request } = await desk.state();
    const { id } = await ask("read_request_text", { text: request.text });
    await give(await pictures(await ask("answer_request", { id })));
    await page.getByRole("img", { name: words(language, "counter_photo_alt") }).waitFor();
    await seen("compare");
    await page.getByRole("button", { name: words(language, "counter_compare_same") }).hover();
    await page.mouse.down();
    await page.locator("[data-verdict=accepted]").waitFor();
    await page.mouse.up();
    await seen("identity");
    await next(language);
  }
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(found, []);
});
