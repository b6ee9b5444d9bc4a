// The better proof: a citizen at a counter with phone, card, face and finger; and alone, with a code to their SIM.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { keep, openBrowser, openPage } from "./lib/browser.mjs";
import { en, signIn } from "./lib/journeys.mjs";
import { look } from "./lib/look.mjs";
import { PHONE, Phone } from "./lib/phone.mjs";
import { textsIn } from "./lib/pictures.mjs";
import { Stage } from "./lib/stage.mjs";
import { step } from "./lib/steps.mjs";
import { LANGUAGES, OWN_NAME } from "./lib/words.mjs";

const FACES = fileURLToPath(new URL("../../assets/test-citizens/", import.meta.url));
const CNIC = "9999900000011";
const OTHER = "9999900000033";
let browser;

before(async () => {
  browser = await openBrowser();
});
after(() => browser?.close());

async function staged(t, options) {
  const stage = await Stage.open();
  t.after(() => stage.close());
  return { stage, ...(await stage.servers(options)) };
}

/** A wallet's screen on which nothing was typed. */
async function newPhone(t, ready, colorScheme) {
  const phone = new Phone(await openPage(browser, { ...PHONE, colorScheme }), "en");
  t.after(() => phone.page.context().close());
  await phone.page.goto(ready.page);
  await phone.welcome();
  await phone.choosePin();
  return phone;
}

test("a citizen is enrolled at a counter, with phone, card, face and finger", async (t) => {
  const { stage, sandbox } = await staged(t);
  const citizen = JSON.parse(await readFile(join(FACES, "citizens.json"), "utf8")).find((one) => one.cnic === CNIC);
  const ready = await stage.preview("wallet");
  const phone = await newPhone(t, ready);
  const desk = await stage.desk("desk", { enrols: true });
  const page = await openPage(browser, { width: 1280, height: 720 });
  t.after(() => page.context().close());
  // A scanner's keys follow each other at once: while it types, the page's clock stands.
  await page.clock.install();
  const officer = new Phone(page, "en");
  let text;
  let letters;

  await step(t, "the phone shows its key, and waits", async () => {
    await phone.press("at_counter_title");
    await phone.heading("at_counter_title");
    const code = phone.page.getByRole("img", { name: en("at_counter_code") });
    [text] = await textsIn(await code.screenshot());
    assert.match(text, /^KPE:[0-9A-F]{64}$/);
    letters = await phone.page.getByText(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/).textContent();
    await phone.press("at_counter_look");
    await phone.page.getByText(en("at_counter_not_yet")).waitFor();
    await keep("at-counter.png", await phone.page.screenshot());
  });

  await step(t, "the officer reads it and compares the letters", async () => {
    await page.goto(desk.page);
    await signIn(page, desk);
    await page.keyboard.press("F9");
    await officer.press("enrol_citizen_title");
    await officer.heading("enrol_citizen_title");
    await keep("desk-enrol.png", await page.screenshot());
    await officer.press("enrol_citizen_begin");
    await officer.heading("enrol_phone_title");
    const scanned = async (typed) => {
      await page.clock.pauseAt(Date.now() + 60_000);
      await page.keyboard.type(typed);
      await page.keyboard.press("Enter");
      await page.clock.resume();
    };
    await scanned("KP1:NOPHONE");
    await officer.explains("station_phone_code");
    // The browser's own word about that answer.
    assert.equal(page.complaints.splice(0).length, 1);
    await keep("desk-enrol-phone.png", await page.screenshot());
    await scanned(text);
    await officer.heading("enrol_phone_letters");
    await page.getByText(letters, { exact: true }).waitFor();
    await keep("desk-enrol-letters.png", await page.screenshot());
    await officer.press("enrol_phone_same");
  });

  await step(t, "the card is typed and a picture taken", async () => {
    await officer.typeCard(citizen, join(FACES, citizen.portrait));
    await officer.heading("enrol_citizen_review");
    await keep("desk-enrol-review.png", await page.screenshot());
  });

  await step(t, "no reader, no finger, another's finger, and NADRA away: each is said, and nobody is enrolled", async () => {
    const tried = async (code) => {
      await officer.explains(code);
      await page.getByText(en("enrol_safe")).waitFor();
      await keep(`desk-enrol-${code}.png`, await page.screenshot());
    };
    await stage.finger(sandbox, null, { code: "reader_missing" });
    await officer.press("enrol_finger_send");
    await tried("reader_missing");
    await stage.finger(sandbox, null);
    await officer.press("try_again");
    await tried("reader_no_finger");
    await stage.finger(sandbox, OTHER);
    await officer.press("try_again");
    await tried("enrol_not_matched");
    await stage.finger(sandbox, CNIC);
    await stage.fault(sandbox, "down");
    await officer.press("try_again");
    await tried("nadra_unavailable");
    await stage.fault(sandbox, "none");
    await phone.press("at_counter_look");
    await phone.page.getByText(en("at_counter_not_yet")).waitFor();
    // Another finger may be chosen for the next try.
    await officer.press("back");
    await officer.heading("enrol_citizen_review");
    await page.getByText(en("finger_left_thumb"), { exact: true }).click();
  });

  await step(t, "with the right finger they are enrolled, and the phone learns it by itself", async () => {
    await officer.press("enrol_finger_send");
    await officer.heading("enrol_done_title");
    await page.getByText(en("enrol_done_gone")).waitFor();
    await keep("desk-enrol-done.png", await page.screenshot());
    await officer.press("done");
    await keep("at-counter-told.png", await phone.page.screenshot());
    await phone.atHome();
    assert.equal((await phone.told(ready, "app_state")).enrolment, "enrolled");
    await phone.press("nav_me");
    await phone.press("counter_proof_title");
    await phone.page.getByText(en("counter_proof_done")).waitFor();
    assert.deepEqual([...page.complaints, ...phone.page.complaints], []);
  });
});

test("the screens of it in each language, light and dark", async (t) => {
  const { stage } = await staged(t);
  const found = [];
  const desk = await stage.desk("desk", { enrols: true });
  const ready = await stage.preview("screens");
  const seed = await newPhone(t, ready);
  for (const colorScheme of ["light", "dark"]) {
    const page = await openPage(browser, { width: 1280, height: 720, colorScheme });
    const wallet = await openPage(browser, { ...PHONE, colorScheme });
    t.after(() => Promise.all([page, wallet].map((one) => one.context().close())));
    await page.goto(desk.page);
    await signIn(page, desk);
    for (const language of LANGUAGES) {
      const phone = new Phone(wallet, language);
      await seed.told(ready, "set_language", { language });
      await seed.told(ready, "lock");
      await wallet.goto(ready.page);
      await phone.unlock();
      await phone.press("at_counter_title");
      await phone.heading("at_counter_title");
      await wallet.getByRole("img", { name: phone.say("at_counter_code") }).waitFor();
      await look(found, wallet, language, `at-counter-${colorScheme}`);

      const officer = new Phone(page, language);
      await page.getByRole("button", { name: OWN_NAME[language], exact: true }).click();
      await page.keyboard.press("F9");
      await officer.press("enrol_citizen_title");
      await officer.heading("enrol_citizen_title");
      await look(found, page, language, `desk-enrol-${colorScheme}`);
      await officer.press("enrol_citizen_begin");
      await officer.heading("enrol_phone_title");
      await look(found, page, language, `desk-enrol-phone-${colorScheme}`);
      await officer.press("back");
      await officer.heading("enrol_citizen_title");
      await officer.press("back");
    }
    assert.deepEqual([...page.complaints, ...wallet.complaints], []);
  }
  assert.deepEqual(found, []);
});

test("who enrols alone types the code that came to their SIM", async (t) => {
  const { stage, sandbox } = await staged(t, { simCodes: true });
  const phone = await newPhone(t, await stage.preview("wallet"));
  const { page } = phone;
  await phone.citizen(CNIC);
  await phone.press("review_send");
  await phone.heading("sim_code_title");
  await page.getByText(en("sim_code_none")).waitFor();
  await keep("sim-code.png", await page.screenshot());
  const code = await stage.message(sandbox, CNIC);
  const wrong = code.replaceAll(/\d/g, (digit) => (digit === "0" ? "1" : "0"));
  await phone.field("sim_code_label").fill(wrong);
  await phone.press("continue");
  await page.getByText(en("code_sim_code_wrong")).waitFor();
  await keep("sim-code-wrong.png", await page.screenshot());
  await phone.field("sim_code_label").fill(code);
  await phone.press("continue");
  await phone.atHome();
  // Some services ask for more than this proves: the phone shows its code for that, too.
  await phone.press("nav_me");
  await phone.press("counter_proof_title");
  await phone.heading("counter_proof_title");
  await page.getByRole("img", { name: en("at_counter_code") }).waitFor();
  await phone.press("at_counter_look");
  await page.getByText(en("counter_proof_not_yet")).waitFor();
  await keep("counter-proof.png", await page.screenshot());
  assert.deepEqual(page.complaints, []);
});
