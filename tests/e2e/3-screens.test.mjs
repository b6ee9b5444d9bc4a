// Every screen of wallet and counter, in three languages and both directions; `5-dark` has the dark theme.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { choosePictures, drawn, drawnAll, openBrowser, openPage } from "./lib/browser.mjs";
import { signIn } from "./lib/journeys.mjs";
import { look } from "./lib/look.mjs";
import { PHONE, Phone } from "./lib/phone.mjs";
import { Stage } from "./lib/stage.mjs";
import { LANGUAGES, OWN_NAME, words } from "./lib/words.mjs";

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

for (const language of LANGUAGES) {
  test(`screens of the wallet in ${language}`, async (t) => {
    const found = [];
    const ready = await stage.preview(`wallet-${language}`);
    const page = await openPage(browser, PHONE);
    t.after(() => page.context().close());
    const phone = new Phone(page, language);
    const seen = (screen) => look(found, page, language, screen);

    await page.goto(ready.page);
    await page.getByRole("button", { name: OWN_NAME[language] }).waitFor();
    // The first screen is there before anybody chose a language.
    await look(found, page, "en", "welcome");
    await withoutHost(phone, seen);
    await phone.welcome();
    await seen("pin");
    await phone.choosePin();
    await seen("enrol-cnic");
    await withCard(phone, ready, seen);
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(found, []);
  });
}

/** A language that cannot be kept, because the program is gone, leads to an error screen and not on. */
async function withoutHost(phone, seen) {
  const { page, language } = phone;
  await page.route("**/invoke/set_language", (route) => route.abort("connectionrefused"));
  await page.getByRole("button", { name: OWN_NAME[language] }).click();
  await phone.explains("host_gone");
  await page.getByText(phone.say("safe_nothing_lost")).waitFor();
  await seen("error");
  await page.unroute("**/invoke/set_language");
  assert.match(page.complaints.splice(0).join(), /^Failed to load resource: net::ERR_CONNECTION_REFUSED$/);
  await phone.press("try_again");
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
  await services(phone, seen);

  await phone.press("nav_show");
  await phone.heading("choose_title");
  await page.getByRole("button").filter({ hasText: phone.say("pass_age") }).waitFor();
  await seen("choose");
  await page.getByRole("button").filter({ hasText: phone.say("pass_age") }).click();
  await page.getByRole("img", { name: phone.say("showing_code_label") }).waitFor();
  await seen("showing");
  await phone.press("done");
  await phone.atHome();

  await phone.press("nav_scan");
  await phone.heading("scan_title");
  await seen("scan");
  const request = await desk.act("/api/request", { ask: "identity" });
  const { ok: read } = await phone.ask(ready, "read_request_text", { text: request.text });
  assert.equal(read.check_code, request.check_code);
  await page.locator("input[type=file]").setInputFiles({ name: "question.png", mimeType: "image/png", buffer: await drawn(browser, request) });
  await phone.heading("consent_title");
  // Nobody answers this desk: what it looks at next must not be taken for an answer.
  await desk.act("/api/request/cancel");
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
  for (const screen of ["way", "mobile_change", "lost"]) {
    await phone.press(`${screen}_title`);
    await phone.heading(`${screen}_title`);
    await seen(screen);
    await phone.press("back");
    await phone.heading("me_title");
  }
  await phone.press("lock_now");
  await phone.heading("unlock_title");
  await seen("unlock");
  await phone.pin("000000");
  await phone.page.getByRole("alert").first().waitFor();
  await seen("unlock-wrong");
}

/** The catalogue comes with the first sync after the one that enrolled, which the wallet may have begun by itself. */
async function services(phone, seen) {
  const { page } = phone;
  await phone.press("services_open");
  await phone.heading("services_title");
  const empty = page.getByText(phone.say("services_empty"), { exact: true });
  const office = page.getByRole("button", { expanded: false }).first();
  await empty.or(office).waitFor();
  if (await empty.isVisible()) {
    await seen("services-empty");
    // Unless a sync that had begun brings it first.
    await Promise.race([phone.press("sync_now"), office.waitFor()]);
  }
  await office.waitFor();
  await seen("services");
  await office.click();
  await page.locator("button.service").first().click();
  await page.getByRole("heading", { name: phone.say("services_place"), exact: true }).waitFor();
  await seen("service");
  await phone.press("back");
  await phone.heading("services_title");
  await phone.press("back");
  await phone.atHome();
}

test("screens of the counter in three languages", async (t) => {
  const found = [];
  const ready = await stage.preview("wallet-counter");
  const page = await openPage(browser, { width: 1366, height: 768 });
  t.after(() => page.context().close());
  const phone = new Phone(page, "en");
  const ask = (command, body) => phone.told(ready, command, body);
  // The citizen of the Pashto wallet, whose enrolment the province ends so that this one may begin.
  await stage.release(CITIZENS.ps).catch(() => undefined);
  await phone.enrolUnseen(ready, CITIZENS.ps);

  const pictures = (showing) => drawnAll(browser, showing);
  const give = (buffers, to = page) => choosePictures(to, buffers);
  const next = (language) => page.getByRole("button", { name: words(language, "counter_next") }).click();

  // A desk that never met the network has no trust list.
  const bare = await openPage(browser, { width: 1366, height: 768 });
  t.after(() => bare.context().close());
  const bareDesk = await stage.desk("bare", { offline: true });
  await bare.goto(bareDesk.page);
  await signIn(bare, bareDesk);
  await page.goto(desk.page);
  await signIn(page, desk);
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

    await bare.getByRole("button", { name: OWN_NAME[language], exact: true }).click();
    await give(age, bare);
    await bare.locator("[data-verdict=undecided][data-code=no_trust_list]").waitFor();
    await look(found, bare, language, "counter-undecided");
    await bare.getByRole("button", { name: words(language, "counter_next") }).click();

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
  assert.deepEqual([...page.complaints, ...bare.complaints], []);
  assert.deepEqual(found, []);
});
