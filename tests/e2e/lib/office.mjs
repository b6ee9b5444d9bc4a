// What the tests of a desk begin with: the stage with its servers, a browser, and the phone of one citizen.
import { after, before } from "node:test";

import { openBrowser } from "./browser.mjs";
import { Phone } from "./phone.mjs";
import { Stage } from "./stage.mjs";

/** Opens all of it before the tests of a file and closes it after them. `opened` gets it, once the citizen is enrolled. */
export function withPhone(cnic, opened) {
  let stage;
  let browser;
  before(async () => {
    stage = await Stage.open();
    browser = await openBrowser();
    await stage.servers();
    const wallet = await stage.preview("wallet");
    const phone = new Phone(undefined, "en");
    await phone.enrolUnseen(wallet, cnic);
    await opened({ stage, browser, wallet, phone });
  });
  after(async () => {
    await browser?.close();
    await stage?.close();
  });
}
