// Looks at one screen: axe with contrast on, the test mark, what a thumb has to hit, and nothing wider than the screen.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { PNG } from "pngjs";

import { keep } from "./browser.mjs";
import { textsIn } from "./pictures.mjs";
import { words } from "./words.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Least width and height of whatever somebody presses, in CSS pixels. */
const TARGET = 48;

/** What is wrong with the screen that is on, in words. */
async function faults(page) {
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined))).then(() => undefined, () => undefined));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary ?? ""}`).join(" | ")}`);
}

/** What can be pressed and is smaller than a thumb. The row of a choice is the target of its button. */
function smallTargets(page) {
  return page.evaluate((least) => {
    const targets = document.querySelectorAll("a[href], button, input:not(.for-reader), select, textarea, summary, [role=button]");
    const found = [];
    for (const one of targets) {
      const area = one.matches("[type=radio], [type=checkbox]") ? (one.closest("label") ?? one) : one;
      if (one.disabled || !area.checkVisibility({ visibilityProperty: true })) continue;
      const { width, height } = area.getBoundingClientRect();
      // Fractions of a pixel come from dividing a row.
      if (Math.min(width, height) < least - 0.1) found.push(`${one.localName} "${one.ariaLabel ?? one.textContent.trim()}" is ${width} by ${height}`);
    }
    return found;
  }, TARGET);
}

/** Looks at one screen; collects instead of ending, so that one run tells everything. */
export async function look(found, page, language, name) {
  const wrong = [...(await faults(page)), ...(await smallTargets(page))];
  const marks = await page.getByRole("note").filter({ hasText: words(language, "test_mark"), visible: true }).count();
  if (marks !== 1) wrong.push(`the test mark is there ${marks} times`);
  const { lang, dir, wide } = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    dir: getComputedStyle(document.documentElement).direction,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  }));
  if (lang !== language) wrong.push(`the page says that its language is ${lang}`);
  if ((dir === "rtl") !== (language !== "en")) wrong.push(`runs ${dir}`);
  if (wide > 0) wrong.push(`${wide} pixels too wide`);
  found.push(...wrong.map((one) => `${name} (${language}): ${one}`));
  await keep(`screen-${name}-${language}.png`, await page.screenshot());
}

/**
 * A code is dark on light whatever the theme, and nothing is in its quiet zone: a reader that does not try the colours
 * the other way round finds it.
 */
export async function darkOnLight(page, label) {
  const picture = await page.getByRole("img", { name: label }).screenshot();
  assert.equal((await textsIn(picture, { tryInvert: false })).length, 1, "no code that is dark on light");
  const { width, height, data } = PNG.sync.read(picture);
  const margin = 4;
  const isWhite = (x, y) => data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3).every((part) => part >= 250);
  for (let x = margin; x < width - margin; x += 1) assert.ok(isWhite(x, margin) && isWhite(x, height - margin - 1), `column ${x} is not quiet`);
  for (let y = margin; y < height - margin; y += 1) assert.ok(isWhite(margin, y) && isWhite(width - margin - 1, y), `row ${y} is not quiet`);
}
