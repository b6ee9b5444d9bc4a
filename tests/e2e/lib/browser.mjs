// Chromium: a counter's page with a film as its webcam, and the wallet's screens behind the preview.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { setting } from "./stage.mjs";

/** Longest wait for anything on a page; the machine may be busy. */
const WITHIN_MS = 30_000;

/** A browser. `camera`: the file that its webcam shows. */
export async function openBrowser({ camera } = {}) {
  const args = ["--no-sandbox", "--disable-dev-shm-usage"];
  if (camera) {
    args.push("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${camera}`);
  }
  return chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args });
}

/** A page of a given size that complains in the test when it complains in its console. */
export async function openPage(browser, { width, height, colorScheme = "light", permissions = [] } = {}) {
  const context = await browser.newContext({
    viewport: width ? { width, height } : { width: 1280, height: 800 },
    colorScheme,
    permissions,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(WITHIN_MS);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") page.complaints.push(message.text());
  });
  return page;
}

/** Keeps a picture for whoever looks into a failure. */
export async function keep(name, picture) {
  const folder = setting("KHYBER_ARTEFACTS");
  await mkdir(folder, { recursive: true });
  const file = join(folder, name);
  await writeFile(file, picture);
  return file;
}

/** A code as the screens draw it, four pixels to a module. */
export async function drawn(browser, { size, path }) {
  const side = size + 8;
  const page = await browser.newPage({ viewport: { width: side * 4, height: side * 4 } });
  try {
    await page.setContent(
      `<body style="margin:0"><svg style="display:block" width="${side * 4}" viewBox="-4 -4 ${side} ${side}" shape-rendering="crispEdges"><path fill="#fff" d="M-4-4h${side}v${side}h-${side}z"/><path d="${path}"/></svg>`,
    );
    return await page.screenshot();
  } finally {
    await page.close();
  }
}

/** Every code of a showing, drawn. */
export function drawnAll(browser, { frames }) {
  return Promise.all([...new Set(frames.map(JSON.stringify))].map((frame) => drawn(browser, JSON.parse(frame))));
}

/** Chooses pictures on a counter's page, one visit's codes at once. */
export async function choosePictures(page, buffers) {
  await page.locator("input[type=file]").setInputFiles(buffers.map((buffer, at) => ({ name: `${at}.png`, mimeType: "image/png", buffer })));
}
