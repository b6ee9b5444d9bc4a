// An officer's day at a desk in request mode: signing in, visitors by keyboard alone, handing over, being idle, and the
// visitor's own screen.
import assert from "node:assert/strict";
import { test } from "node:test";

import { drawn, keep, openPage } from "./lib/browser.mjs";
import { en, signIn } from "./lib/journeys.mjs";
import { look } from "./lib/look.mjs";
import { withPhone } from "./lib/office.mjs";
import { textsIn } from "./lib/pictures.mjs";
import { LANGUAGES, words } from "./lib/words.mjs";

const SMALL = { width: 1024, height: 768 };
const PROFILE = {
  version: 1,
  id: "e2e",
  name: { en: "Domicile", ur: "ڈومیسائل", ps: "ډومیسایل" },
  service: "public-counter",
  ask: ["identity", "age"],
  idle_minutes: 1,
};
const SECOND = { number: "2", name: "B. K.", first: "815903", pin: "402718" };
let stage;
let browser;
let phone;
let wallet;

withPhone("9999900000011", (all) => {
  ({ stage, browser, wallet, phone } = all);
});

/** A page that writes down the pitch of every note that it schedules. */
async function listening(page) {
  await page.addInitScript(() => {
    globalThis.notes = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...at) {
      globalThis.notes.push(this.frequency.value);
      return start.apply(this, at);
    };
  });
  return () => page.evaluate(() => globalThis.notes.splice(0));
}

/** A desk in request mode and its page, nobody signed in. */
async function atDesk(t, name, size = SMALL) {
  const desk = await stage.desk(name, { profile: PROFILE });
  await desk.sync();
  const page = await openPage(browser, size);
  t.after(() => page.context().close());
  return { desk, page };
}

/** The question that is on the page, read from its picture. */
async function question(page) {
  const code = page.getByRole("img", { name: en("counter_request_code") });
  await page.locator("[data-request=open]").waitFor();
  const texts = await textsIn(await code.screenshot());
  assert.equal(texts.length, 1);
  return texts[0];
}

/** The codes with which the phone answers a question. */
async function answer(text) {
  const { id, check_code: digits } = await phone.told(wallet, "read_request_text", { text });
  const { frames } = await phone.told(wallet, "answer_request", { id });
  return { digits, frames };
}

/** What a scanner reads from a code on the phone's screen. */
async function drawnText(frame) {
  const [text] = await textsIn(await drawn(browser, frame));
  return text;
}

/** Types as a USB scanner does: at once, and Enter. */
async function scan(page, text) {
  await page.evaluate((typed) => {
    for (const key of [...typed, "Enter"]) {
      const code = key === "Enter" ? "Enter" : "";
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }));
    }
  }, text);
}

test("three visitors by keyboard alone, each question by itself, and a verdict to be heard", async (t) => {
  const { desk, page } = await atDesk(t, "queue");
  const notes = await listening(page);
  await page.goto(desk.page);
  // Number, PIN, Enter: the first field has the focus already.
  await page.getByLabel(en("officer_number"), { exact: true }).waitFor();
  await page.keyboard.type(desk.officer.number);
  await page.keyboard.press("Tab");
  await page.keyboard.type(desk.officer.pin);
  await page.keyboard.press("Enter");

  // The second of the profile's questions, then age after age without another key than Space.
  await page.locator("[data-request=open]").waitFor();
  await page.keyboard.press("2");
  await page.locator("[data-request=open] .asks").getByText(en("pass_age")).waitFor();
  let before = "";
  for (let visitor = 1; visitor <= 3; visitor += 1) {
    await page.waitForFunction((old) => {
      const path = document.querySelector("[data-request=open] svg[role=img] path");
      return path && path.getAttribute("d") !== old;
    }, before);
    before = await page.locator("[data-request=open] svg[role=img] path").getAttribute("d");
    const text = await question(page);
    const { digits, frames } = await answer(text);
    assert.equal(await page.locator("[data-request=open] strong").innerText(), digits);
    await scan(page, await drawnText(frames[0]));
    await page.locator("[data-verdict=accepted]").waitFor();
    assert.deepEqual(await notes(), [659, 988]);
    // What is pressed next has the focus already.
    assert.match(await page.evaluate(() => document.activeElement.textContent), new RegExp(en("counter_next")));
    await page.keyboard.press("Space");
  }
  // A code that answers nothing of this desk: another shape, word and sound.
  await page.locator("[data-request=open]").waitFor();
  await scan(page, "KP1:NOTHING");
  await page.locator("[data-verdict=refused]").waitFor();
  assert.deepEqual(await notes(), [196, 147]);
  await page.keyboard.press("F8");
  await page.keyboard.press("Space");

  await page.keyboard.press("F9");
  const shift = page.locator("[data-shift=open]");
  await shift.waitFor();
  await page.waitForFunction(() => {
    const counts = [...document.querySelectorAll("[data-shift=open] dd")].map((count) => count.innerText);
    return counts.join() === "3,1,0";
  });
  await page.keyboard.press("Escape");
  await page.locator("[data-request=open]").waitFor();
  assert.deepEqual(page.complaints, []);
});

test("a face is compared with a key that is held, and the visitor's screen names nobody", async (t) => {
  const { desk, page } = await atDesk(t, "faces");
  await page.goto(desk.page);
  await signIn(page, desk);
  const citizen = await openPage(browser, SMALL);
  t.after(() => citizen.context().close());
  await citizen.goto(desk.citizen);
  await citizen.locator("[data-citizen=request]").waitFor();
  await keep("desk-citizen-request.png", await citizen.screenshot());
  for (const language of LANGUAGES) {
    await citizen.getByText(words(language, "citizen_request")).waitFor();
  }
  const text = await question(page);
  assert.deepEqual(await textsIn(await citizen.getByRole("img", { name: en("counter_request_code") }).screenshot()), [text]);
  const { digits, frames } = await answer(text);
  assert.equal((await citizen.locator("[data-citizen] .digits").innerText()).trim(), digits);
  for (const frame of new Set(frames.map((one) => JSON.stringify(one)))) await scan(page, await drawnText(JSON.parse(frame)));
  await page.getByRole("img", { name: en("counter_photo_alt") }).waitFor();
  await citizen.locator("[data-citizen=compare]").waitFor();
  await keep("desk-compare-keys.png", await page.screenshot());

  // A short press decides nothing; one that is held does.
  await page.keyboard.press("1");
  assert.equal(await page.locator("[data-verdict]").count(), 0);
  await page.keyboard.down("1");
  await page.locator("[data-verdict=accepted]").waitFor();
  await page.keyboard.up("1");
  await citizen.locator("[data-citizen=accepted]").waitFor();
  const shown = await citizen.locator("body").innerText();
  assert.doesNotMatch(shown, /Gul|Zaman|گل|99999/);
  await keep("desk-citizen-accepted.png", await citizen.screenshot());
  assert.deepEqual([...page.complaints, ...citizen.complaints], []);
});

test("wrong PINs make wait, an officer hands over, and one who does nothing is signed out", async (t) => {
  const { desk, page } = await atDesk(t, "shifts");
  await page.goto(desk.page);
  const number = page.getByLabel(en("officer_number"), { exact: true });
  const pin = page.getByLabel(en("officer_pin"), { exact: true });

  // The supervisor adds a colleague, whose first PIN has to be changed.
  await signIn(page, desk);
  await page.keyboard.press("F9");
  await page.getByRole("button", { name: en("officers_title") }).click();
  await number.fill(SECOND.number);
  await page.getByLabel(en("officer_name"), { exact: true }).fill(SECOND.name);
  await page.getByLabel(en("officers_first_pin"), { exact: true }).fill(SECOND.first);
  await page.getByRole("button", { name: en("officers_add") }).click();
  await page.getByText(en("officers_temporary")).waitFor();
  await keep("desk-officers.png", await page.screenshot());
  await page.keyboard.press("Escape");

  // Hand-over: the first stays signed in until the second is.
  await page.keyboard.press("F9");
  await page.getByRole("button", { name: en("officer_hand_over") }).click();
  for (let wrong = 0; wrong < 3; wrong += 1) {
    await number.fill(SECOND.number);
    await pin.fill("999998");
    const refused = page.waitForResponse("**/api/officers/sign-in");
    await page.keyboard.press("Enter");
    assert.equal((await refused).status(), 401);
    await page.getByText(en("code_wrong_pin")).waitFor();
    await page.locator("form [aria-busy=true]").waitFor({ state: "detached" });
  }
  const enter = page.getByRole("button", { name: en("officer_sign_in"), exact: true });
  assert.ok(await enter.isDisabled(), "the third wrong PIN makes wait");
  await page.getByRole("button", { name: en("officer_back") }).click();
  await page.locator("[data-request]").waitFor();

  // The supervisor gives the colleague another PIN, which also ends the wait.
  await page.keyboard.press("F9");
  await page.getByRole("button", { name: en("officers_title") }).click();
  await page.getByRole("button", { name: en("officers_reset_for", { name: SECOND.name }) }).click();
  await page.getByLabel(en("officers_first_pin"), { exact: true }).fill(SECOND.first);
  await page.getByRole("button", { name: en("officers_reset"), exact: true }).last().click();
  await page.getByRole("heading", { name: en("officers_add") }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("F9");
  await page.getByRole("button", { name: en("officer_hand_over") }).click();
  await number.fill(SECOND.number);
  await pin.fill(SECOND.first);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: en("pin_own_title") }).waitFor();
  await page.getByLabel(en("pin_own_new"), { exact: true }).fill(SECOND.pin);
  await page.getByLabel(en("pin_own_again"), { exact: true }).fill(SECOND.pin);
  await page.keyboard.press("Enter");
  await page.locator("[data-request=open]").waitFor();
  await page.getByText(SECOND.name).first().waitFor();

  // Nobody moves for the minute of this desk's profile.
  await page.getByRole("alert").waitFor({ timeout: 90_000 });
  await number.waitFor({ timeout: 90_000 });
  assert.equal((await desk.state()).desk.occupied, false);
  assert.deepEqual(page.complaints.filter((one) => !one.includes("401")), []);
});

test("a desk without officers is set up on the screen with the printed code", async (t) => {
  const desk = await stage.desk("new", { profile: PROFILE, officer: false });
  assert.match(desk.setup, /^\d{8}$/);
  const page = await openPage(browser, SMALL);
  t.after(() => page.context().close());
  await page.goto(desk.page);
  await page.getByLabel(en("setup_code"), { exact: true }).fill(desk.setup);
  await page.getByLabel(en("officer_number"), { exact: true }).fill("5");
  await page.getByLabel(en("officer_name"), { exact: true }).fill("C. D.");
  await page.getByLabel(en("pin_own_new"), { exact: true }).fill(SECOND.pin);
  await page.getByLabel(en("pin_own_again"), { exact: true }).fill(SECOND.pin);
  await keep("desk-set-up.png", await page.screenshot());
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: en("officer_menu") }).waitFor();
  assert.deepEqual(page.complaints, []);
});

test("every screen of the desk in three languages, in both themes, on the smallest screen of an office", async (t) => {
  const found = [];
  const desk = await stage.desk("screens", { profile: PROFILE });
  await desk.sync();
  for (const colorScheme of ["light", "dark"]) {
    const page = await openPage(browser, { ...SMALL, colorScheme });
    t.after(() => page.context().close());
    const citizen = await openPage(browser, { ...SMALL, colorScheme });
    t.after(() => citizen.context().close());
    await citizen.goto(desk.citizen);
    await page.goto(desk.page);
    for (const [key, language] of [["F4", "en"], ["F2", "ur"], ["F3", "ps"]]) {
      const seen = (screen) => look(found, page, language, `desk-${screen}-${colorScheme}`);
      await page.getByLabel(/./).first().waitFor();
      await page.keyboard.press(key);
      await page.getByRole("heading", { name: words(language, "officer_sign_in_title") }).waitFor();
      await seen("sign-in");
      await signIn(page, desk, language);
      await page.locator("[data-request=open]").waitFor();
      await seen("request");
      await page.keyboard.press("F9");
      await seen("menu");
      await page.getByRole("button", { name: words(language, "officers_title") }).click();
      await page.getByRole("heading", { name: words(language, "officers_add") }).waitFor();
      await seen("officers");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: words(language, "desk_ask_next") }).waitFor();
      await seen("paused");
      await page.keyboard.press("F9");
      await page.getByRole("button", { name: words(language, "officer_sign_out") }).click();
      await page.locator("[data-shift=ended]").waitFor();
      await seen("signed-out");
      await citizen.locator("[data-citizen=closed]").waitFor();
    }
    await keep(`screen-desk-citizen-closed-${colorScheme}.png`, await citizen.screenshot());
    assert.deepEqual([...page.complaints, ...citizen.complaints], []);
  }
  assert.deepEqual(found, []);
});
