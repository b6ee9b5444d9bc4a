// What reaches a counter besides its camera: a USB scanner that types, and a picture that is dropped on the page.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { drawn, openBrowser, openPage } from "./lib/browser.mjs";
import { en, signIn, verdict } from "./lib/journeys.mjs";
import { Phone } from "./lib/phone.mjs";
import { textsIn } from "./lib/pictures.mjs";
import { Stage } from "./lib/stage.mjs";

let stage;
let browser;
let desk;
let show;

before(async () => {
  stage = await Stage.open();
  browser = await openBrowser();
  await stage.servers();
  desk = await stage.desk("desk");
  await desk.sync();
  const ready = await stage.preview("wallet");
  const phone = new Phone(undefined, "en");
  await phone.enrolUnseen(ready, "9999900000011");
  /** A picture of a code of a new pass. */
  show = async () => drawn(browser, (await phone.told(ready, "show_timed", { vct: "age", audience: null })).frames[0]);
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** A page of the desk, with nobody before it, that lists what it asked of its program. */
async function atDesk(t, prepare = async () => undefined) {
  const page = await openPage(browser);
  t.after(() => page.context().close());
  page.asked = [];
  page.on("request", (request) => page.asked.push(new URL(request.url()).pathname));
  await prepare(page);
  await page.goto(desk.page);
  await signIn(page, desk);
  await page.getByRole("button", { name: en("counter_update") }).waitFor();
  return page;
}

test("a USB scanner types a code and Enter, wherever the focus is", async (t) => {
  const [text] = await textsIn(await show());
  assert.match(text, /^KP1:/);
  // A scanner's keys follow each other at once, and how fast a test can press them says nothing about one: while it
  // types, the page's clock stands.
  const page = await atDesk(t, (opened) => opened.clock.install());
  await page.getByRole("button", { name: en("counter_update") }).focus();
  await page.clock.pauseAt(Date.now() + 1_000);
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
  await page.clock.resume();
  assert.equal((await verdict(page)).code, "accepted");
  // Its keys were no press of the button that had the focus.
  assert.deepEqual(page.asked.filter((path) => ["/api/text", "/api/sync"].includes(path)), ["/api/text"]);
  assert.deepEqual(page.complaints, []);
});

test("a picture that is dropped anywhere on the page is read", async (t) => {
  const picture = (await show()).toString("base64");
  const page = await atDesk(t);
  const dataTransfer = await page.evaluateHandle((base64) => {
    const carried = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    carried.items.add(new File([bytes], "code.png", { type: "image/png" }));
    return carried;
  }, picture);
  await page.dispatchEvent("h1", "dragover", { dataTransfer });
  await page.getByText(en("counter_drop")).waitFor();
  await page.dispatchEvent("h1", "drop", { dataTransfer });
  assert.equal((await verdict(page)).code, "accepted");
  assert.equal(await page.getByText(en("counter_drop")).count(), 0);
  assert.deepEqual(page.complaints, []);
});
