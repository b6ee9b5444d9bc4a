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
