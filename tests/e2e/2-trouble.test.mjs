// What goes wrong on the way to a card: a clear sentence in three languages, nothing lost, nothing half-enrolled.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { keep, openBrowser, openPage } from "./lib/browser.mjs";
import { PHONE, Phone } from "./lib/phone.mjs";
import { Stage } from "./lib/stage.mjs";
import { step } from "./lib/steps.mjs";
import { LANGUAGES } from "./lib/words.mjs";

const CITIZENS = { en: "9999900000011", ur: "9999900000022", ps: "9999900000033" };
const FAULTS = ["down", "nonsense", "slow"];
let stage;
let browser;
let sandbox;

before(async () => {
  stage = await Stage.open();
  browser = await openBrowser();
  ({ sandbox } = await stage.servers());
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

for (const language of LANGUAGES) {
  test(`an enrolment that meets every trouble, in ${language}`, async (t) => {
    const name = `wallet-${language}`;
    const cnic = CITIZENS[language];
    let ready = await stage.preview(name);
    let phone = new Phone(await openPage(browser, PHONE), language);
    t.after(() => phone.page.context().close());

    /** The same wallet in a program started anew, perhaps with another clock. */
    async function restart(clock) {
      await stage.stop(name);
      ready = await stage.preview(name, { clock });
      await phone.page.goto(ready.page);
      await phone.unlock();
    }

    /** Two minutes later: the pause of one that the province asked for before is over. */
    const pauseOver = (before) => restart(`+${120 * (before + 1)}s`);

    /** What the citizen gave is still there, and nobody is enrolled by halves. */
    async function nothingLost() {
      const { ok: state } = await phone.ask(ready, "app_state");
      assert.notEqual(state.enrolment, "enrolled");
      const { ok: draft } = await phone.ask(ready, "draft");
      assert.equal(draft.cnic.replaceAll("-", ""), cnic);
      assert.ok(draft.has_photo);
      const { ok: home } = await phone.ask(ready, "home");
      assert.equal(home?.card ?? null, null);
    }

    await step(t, "a CNIC with a digit missing", async () => {
      await phone.page.goto(ready.page);
      await phone.welcome();
      await phone.choosePin();
      await phone.field("claim_cnic").fill(cnic.slice(0, 12));
      await phone.press("continue");
      await phone.explains("cnic_malformed");
      await keep(`trouble-cnic-${language}.png`, await phone.page.screenshot());
      await phone.field("claim_cnic").fill(cnic);
      await phone.press("continue");
      await phone.heading("enrol_issued_title");
    });

    await step(t, "a date that is not one, then a name in the wrong letters", async () => {
      await phone.date("31", "02", "2019");
      await phone.press("continue");
      await phone.explains("date_malformed");
      await phone.date("14", "03", "2019");
      await phone.press("continue");
      await phone.heading("enrol_name_title");
      await phone.field("name_english_letters").fill("گل زمان");
      await phone.field("name_urdu_letters").fill("Gul Zaman");
      await phone.press("continue");
      await phone.explains("name_wrong_script");
      assert.equal(await phone.page.getByText(phone.say("code_name_wrong_script")).count(), 2);
      await keep(`trouble-script-${language}.png`, await phone.page.screenshot());
    });

    await step(t, "the program ends; what was typed is still there", async () => {
      await restart();
      await phone.heading("enrol_name_title");
      assert.equal(await phone.field("name_english_letters").inputValue(), "گل زمان");
      await phone.press("back");
      await phone.heading("enrol_issued_title");
      await phone.press("back");
      await phone.heading("enrol_cnic_title");
      await phone.citizen(cnic);
    });

    for (const [index, clock] of ["-365d", "+365d"].entries()) {
      // A wrong date keeps nobody out: the phone signs by the province's clock, and it is NADRA that does not answer.
      await step(t, `the phone's clock is off by a year (${clock})`, async () => {
        await stage.fault(sandbox, FAULTS[0]);
        await restart(clock);
        if (index === 0) {
          await phone.heading("review_title");
          await phone.press("review_send");
        }
        await phone.explains("nadra_unavailable");
        await phone.page.getByText(phone.say("safe_draft")).waitFor();
        await keep(`trouble-clock-${language}.png`, await phone.page.screenshot());
        await nothingLost();
      });
    }

    await step(t, "NADRA is down, then answers nonsense, then is slow", async () => {
      for (const [index, fault] of FAULTS.entries()) {
        await stage.fault(sandbox, fault);
        // What was sent waits for NADRA, and goes again by itself.
        await pauseOver(index);
        await phone.explains("nadra_unavailable");
        await phone.page.getByText(phone.say("safe_draft")).waitFor();
        await nothingLost();
      }
      await keep(`trouble-nadra-${language}.png`, await phone.page.screenshot());
    });

    await step(t, "the province is gone", async () => {
      await stage.stop("province");
      await pauseOver(FAULTS.length);
      await phone.explains("network_down");
      await nothingLost();
      await stage.province();
    });

    await step(t, "everything works again: trying again succeeds", async () => {
      await stage.fault(sandbox, "none");
      await phone.press("try_again");
      await phone.atHome();
      assert.deepEqual(phone.page.complaints, []);
    });
  });
}
