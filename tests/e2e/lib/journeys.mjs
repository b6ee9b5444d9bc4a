// What people do, in the words of their screens.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { keep, openBrowser, openPage } from "./browser.mjs";
import { emptyFilm, film, textsIn } from "./pictures.mjs";
import { OWN_NAME, words } from "./words.mjs";

/** Everything below happens in English; the other languages have tests of their own. */
export const en = (key, parameters) => words("en", key, parameters);

export const PIN = "246810";
export const CODE = en("showing_code_label");

/** Welcome, PIN, a test citizen, send: until the card is there. */
export async function enrol(window, name) {
  await window.press(OWN_NAME.en, { contains: true });
  await window.heading(en("pin_choose_title"));
  await window.pin(PIN);
  await window.heading(en("pin_repeat_title"));
  await window.pin(PIN);
  await window.heading(en("enrol_cnic_title"));
  await window.press(name, { contains: true });
  await window.heading(en("review_title"));
  await window.press(en("review_send"));
  await window.says(en("passes_title"));
}

/** From the card to a code on the whole screen. */
export async function showAge(window) {
  await window.press(en("nav_show"));
  await window.heading(en("choose_title"));
  await window.press(en("pass_age"), { contains: true });
  return window.code(CODE);
}

/** Ends a showing. */
export async function done(window) {
  await window.press(en("done"));
  await window.says(en("passes_title"));
}

/** Locks the wallet from its card. */
export async function lock(window) {
  await window.press(en("nav_me"));
  await window.heading(en("me_title"));
  await window.press(en("lock_now"));
  await window.heading(en("unlock_title"));
}

/** Opens it again: until the card is there. */
export async function unlock(window) {
  await window.pin(PIN);
  await window.says(en("passes_title"));
}

/** Takes pictures of looping codes until each of them was seen; one picture of each. */
export async function glanceAtAll(window) {
  const seen = new Map();
  let without = 0;
  // A loop is a few codes and a picture takes about as long as a code stays, so a whole loop without news is the end.
  while (without < 24) {
    const picture = await window.glance();
    const [text] = await textsIn(picture);
    if (text !== undefined && !seen.has(text)) {
      seen.set(text, picture);
      without = 0;
    } else {
      without += 1;
    }
  }
  return seen;
}

/** A desk's page with these pictures in front of its webcam; none: an empty room. `look` gets the page. */
export async function atDesk(desk, pictures, look, near) {
  const folder = await mkdtemp(join(tmpdir(), "khyber-camera-"));
  const camera = join(folder, "camera.y4m");
  let browser;
  let page;
  try {
    await (pictures.length > 0 ? film(pictures, camera, near) : emptyFilm(camera));
    browser = await openBrowser({ camera });
    page = await openPage(browser, { permissions: ["camera"] });
    await page.goto(desk.page);
    await signIn(page, desk);
    return await look(page);
  } catch (error) {
    if (page) await keep(`${desk.name}-failed.png`, await page.screenshot());
    throw error;
  } finally {
    await browser?.close();
    await rm(folder, { recursive: true });
  }
}

/** The officer signs in on the desk's page, by keyboard. */
export async function signIn(page, { officer }, language = "en") {
  const number = page.getByLabel(words(language, "officer_number"), { exact: true });
  await number.fill(officer.number);
  await page.getByLabel(words(language, "officer_pin"), { exact: true }).fill(officer.pin);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: words(language, "officer_menu") }).waitFor();
}

/** The verdict on the desk's page: what it says, and its stable code. */
export async function verdict(page) {
  const section = page.locator("[data-verdict]");
  await section.waitFor();
  return {
    code: await section.getAttribute("data-code"),
    word: (await section.getByRole("status").innerText()).trim(),
    claims: await page.locator("[data-verdict] dd").allInnerTexts(),
    text: await section.innerText(),
  };
}

/** The next visitor, please. */
export async function next(page) {
  await page.getByRole("button", { name: en("counter_next") }).click();
}

/** Asks for a pass; a picture of the question and its two digits. */
export async function ask(page, pass) {
  await page.getByRole("button", { name: en("counter_ask_label", { pass: en(pass) }) }).click();
  const code = page.getByRole("img", { name: en("counter_request_code") });
  await code.waitFor();
  const digits = await page.locator("[data-request=open] strong").innerText();
  return { picture: await page.screenshot(), digits };
}

/** Looks at the face and holds the press that says it is the same. */
export async function sameFace(page) {
  await page.getByRole("img", { name: en("counter_photo_alt") }).waitFor();
  await page.getByRole("button", { name: en("counter_compare_same") }).hover();
  await page.mouse.down();
  const answer = await verdict(page);
  await page.mouse.up();
  return answer;
}
