// An independent reader (ZXing) finds exactly the bytes that `khyber qr` put into its pictures.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { openBrowser } from "./lib/browser.mjs";
import { textsIn } from "./lib/pictures.mjs";
import { Stage } from "./lib/stage.mjs";

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/** Every letter of base45 at every place of its pair, in codes from the smallest to beyond the largest that we show. */
const TEXTS = [
  "KP1:0",
  `KPR:${LETTERS}`,
  `KP1:${LETTERS.repeat(12)}`,
  `KP1:${[...LETTERS].reverse().join("").repeat(19)}Z`,
  `KPF:${`${LETTERS}:`.repeat(24)}`,
  "Khyber Pass, خیبر پاس",
];
let stage;
let browser;

before(async () => {
  stage = await Stage.open();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

for (const [at, text] of TEXTS.entries()) {
  test(`text ${at + 1} (${text.length} letters), as PNG and as SVG`, async () => {
    const [png, svg] = [join(stage.place.folder, `${at}.png`), join(stage.place.folder, `${at}.svg`)];
    const said = execFileSync(stage.place.khyber, ["qr", "encode", "--png", png, "--svg", svg], { input: text, encoding: "utf8" });
    assert.deepEqual(await textsIn(readFileSync(png)), [text]);
    // At three pixels to a module, the least that the format promises to a camera.
    const side = (JSON.parse(said).size_modules + 8) * 3;
    const page = await browser.newPage({ viewport: { width: side, height: side } });
    await page.setContent(`<body style="margin:0">${readFileSync(svg, "utf8").replace("<svg ", `<svg style="display:block" width="${side}" `)}`);
    const picture = await page.screenshot();
    await page.close();
    assert.deepEqual(await textsIn(picture), [text]);
    const file = join(stage.place.folder, `${at}-drawn.png`);
    writeFileSync(file, picture);
    assert.equal(execFileSync(stage.place.khyber, ["qr", "decode", file], { encoding: "utf8" }), `${text}\n`);
  });
}
