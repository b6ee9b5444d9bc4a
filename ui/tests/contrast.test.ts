// @vitest-environment node
/** Every pair of text and ground of the design is legible in both themes: 4.5:1 for text, 3:1 for icons and edges. */
import { describe, expect, test } from "vitest";

import card from "../src/lib/components/CardFace.svelte?raw";
import bar from "../src/lib/components/TestBar.svelte?raw";
import tokens from "../src/styles/tokens.css?raw";

type Tokens = Record<string, string>;

function tokensOf(selector: string): Tokens {
  const at = tokens.indexOf(selector);
  const block = tokens.slice(tokens.indexOf("{", at), tokens.indexOf("}", at));
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((found) => [found[1], found[2]]));
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

const TEXT = [
  ["text", "ground"], ["text", "raised"], ["text", "sunken"], ["text", "brand-soft"], ["text", "good-soft"],
  ["text", "caution-soft"], ["text", "bad-soft"], ["quiet", "ground"], ["quiet", "raised"], ["quiet", "sunken"],
  ["brand", "ground"], ["brand", "raised"], ["on-brand", "brand"], ["on-act", "act"], ["bad", "ground"], ["bad", "raised"],
  ["caution", "raised"], ["quiet", "bad-soft"], ["on-amber", "amber"], ["raised", "good"], ["raised", "caution"], ["raised", "bad"],
] as const;
const ICON = [
  ["brand", "brand-soft"], ["good", "good-soft"], ["caution", "caution-soft"], ["bad", "bad-soft"], ["edge", "raised"],
  ["edge", "ground"], ["act", "ground"], ["good", "ground"],
] as const;
const FIXED = [
  ["on-mark", "mark"], ["on-mark", "mark-stripe"], ["on-card", "card-gleam"], ["on-card", "card-start"],
  ["on-card", "card-middle"], ["on-card", "card-end"], ["on-card", "card-bad"],
] as const;

describe.each([
  ["light", tokensOf('[data-theme="light"]')],
  ["dark", tokensOf('\n[data-theme="dark"]')],
])("%s theme", (_name, theme) => {
  test.each(TEXT)("%s on %s is legible as text", (fore, ground) => {
    expect(contrast(theme[fore] ?? "", theme[ground] ?? "")).toBeGreaterThanOrEqual(4.5);
  });

  test.each(ICON)("%s on %s is visible as a shape", (fore, ground) => {
    expect(contrast(theme[fore] ?? "", theme[ground] ?? "")).toBeGreaterThanOrEqual(3);
  });
});

/** A verdict's field: without its hue, amber is lighter where the others are dark and darker where they are light. */
test.each([
  ["light", tokensOf('[data-theme="light"]')],
  ["dark", tokensOf('\n[data-theme="dark"]')],
])("amber is told from each other verdict without its hue in the %s theme", (_name, theme) => {
  for (const other of ["good", "caution", "bad"]) {
    expect(contrast(theme["amber"] ?? "", theme[other] ?? "")).toBeGreaterThanOrEqual(3);
  }
});

describe("the test mark and the card", () => {
  const fixed = tokensOf("\n:root {");

  test.each(FIXED)("%s on %s, the same in both themes, is legible as text", (fore, ground) => {
    expect(contrast(fixed[fore] ?? "", fixed[ground] ?? "")).toBeGreaterThanOrEqual(4.5);
  });

  test.each([["test bar", bar], ["card", card]])("have no colours of their own in the %s", (_name, source) => {
    expect(source).toContain("var(--mark)");
    expect(source.match(/#[0-9a-f]{3,8}\b/gi) ?? []).toEqual([]);
  });
});

test("the dark theme is the same whether the phone or the person asks for it", () => {
  expect(tokensOf(":root:not([data-theme])")).toEqual(tokensOf('\n[data-theme="dark"]'));
});

test("both themes define the same tokens", () => {
  expect(Object.keys(tokensOf('[data-theme="light"]')).sort()).toEqual(Object.keys(tokensOf('\n[data-theme="dark"]')).sort());
});
