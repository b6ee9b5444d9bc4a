// The wallet's screens in Chromium, over the preview: the same words and roles as in the window.
import assert from "node:assert/strict";

import { keep } from "./browser.mjs";
import { PIN } from "./journeys.mjs";
import { OWN_NAME, words } from "./words.mjs";

/** A small phone of the country. */
export const PHONE = { width: 360, height: 740 };

/** The wallet on a page, in one language. */
export class Phone {
  constructor(page, language) {
    this.page = page;
    this.language = language;
  }

  say(key, parameters) {
    return words(this.language, key, parameters);
  }

  async press(key, parameters) {
    await this.page.getByRole("button", { name: this.say(key, parameters), exact: true }).click();
  }

  async heading(key) {
    await this.page.getByRole("heading", { level: 1, name: this.say(key), exact: true }).waitFor();
  }

  field(key) {
    return this.page.getByLabel(this.say(key), { exact: true });
  }

  /** Waits until the screen says what happened and what to do about it. */
  async explains(code) {
    try {
      await this.page.getByText(this.say(`code_${code}`)).first().waitFor();
      await this.page.getByText(this.say(`code_${code}_next`)).first().waitFor();
    } catch (error) {
      await keep(`${code}-failed-${this.language}.png`, await this.page.screenshot());
      throw error;
    }
  }

  async pin(digits = PIN) {
    for (const digit of digits) await this.page.getByRole("button", { name: digit, exact: true }).click();
  }

  /** Welcome: the language by its own name. */
  async welcome() {
    await this.page.getByRole("button", { name: OWN_NAME[this.language] }).click();
    await this.heading("pin_choose_title");
  }

  /** Chooses a PIN; then the first question is on. */
  async choosePin() {
    await this.pin();
    await this.heading("pin_repeat_title");
    await this.pin();
    await this.heading("enrol_cnic_title");
  }

  async unlock() {
    await this.heading("unlock_title");
    await this.pin();
  }

  /** One date in its three boxes. */
  async date(day, month, year) {
    await this.field("day").fill(day);
    await this.field("month").fill(month);
    await this.field("year").fill(year);
  }

  /** A test citizen by number; the names are in another script in each language. */
  async citizen(cnic) {
    const grouped = cnic.replace(/^(\d{5})(\d{7})(\d)$/, "$1-$2-$3");
    await this.page.getByRole("button").filter({ hasText: grouped }).click();
    await this.heading("review_title");
  }

  /** The questions of an enrolment, by keyboard, from what stands on somebody's card, up to a picture of their face. */
  async typeCard(citizen, face) {
    const { page } = this;
    /** One question: what is done about it, and on to the next. */
    const answered = async (title, answer) => {
      await this.heading(title);
      await answer();
      await page.keyboard.press("Enter");
    };
    const day = (text) => this.date(...text.split("-").toReversed());
    const chosen = (key) => page.getByText(this.say(key), { exact: true }).click();
    const names = async (english, urdu) => {
      await this.field("name_english_letters").fill(english);
      await this.field("name_urdu_letters").fill(urdu);
    };
    await answered("enrol_cnic_title", () => this.field("claim_cnic").fill(citizen.cnic));
    await answered("enrol_issued_title", () => day(citizen.cnic_issued_on));
    await answered("enrol_name_title", () => names(citizen.name_en, citizen.name_ur));
    await answered("enrol_guardian_title", async () => {
      await chosen(`guardian_relation_${citizen.guardian_relation}`);
      await names(citizen.guardian_name_en, citizen.guardian_name_ur);
    });
    await answered("enrol_birth_title", () => day(citizen.date_of_birth));
    await answered("enrol_gender_title", () => chosen(`gender_${citizen.gender}`));
    await this.heading("enrol_address_title");
    await this.field("claim_address").fill(citizen.address);
    await this.press("continue");
    await this.heading("enrol_district_title");
    await page.locator(`input[value="${citizen.district}"]`).check({ force: true });
    await this.press("continue");
    await answered("enrol_mobile_title", () => this.field("mobile_number").fill(citizen.mobile));
    await this.heading("enrol_photo_title");
    await page.locator(`input[type=file][aria-label="${this.say("photo_choose")}"]`).first().setInputFiles(face);
    await page.getByAltText(this.say("photo_yours")).waitFor();
    await page.locator("button[type=submit]:not([aria-busy])").click();
  }

  /** The card is there. */
  async atHome() {
    await this.page.getByRole("heading", { name: this.say("passes_title"), exact: true }).waitFor();
  }

  /** Asks the application itself, with the page's own token. */
  async ask(ready, command, body = {}) {
    const answer = await fetch(`${ready.url}/invoke/${command}`, {
      method: "POST",
      headers: { "content-type": "application/json", "X-Khyber-Token": ready.token },
      body: JSON.stringify(body),
    });
    return answer.json();
  }

  /** Asks, and gets what was asked for. */
  async told(ready, command, body) {
    const answer = await this.ask(ready, command, body);
    assert.ok("ok" in answer, `${command}: ${JSON.stringify(answer)}`);
    return answer.ok;
  }

  /** A card without a screen, for a test of something else. */
  async enrolUnseen(ready, cnic) {
    await this.told(ready, "create_vault", { pin: PIN });
    const citizen = (await this.told(ready, "test_citizens")).find((one) => one.draft.cnic === cnic);
    await this.told(ready, "set_photo", { bytes: citizen.portrait });
    await this.told(ready, "save_draft", { draft: { ...citizen.draft, has_photo: true } });
    await this.told(ready, "enrol");
  }
}
