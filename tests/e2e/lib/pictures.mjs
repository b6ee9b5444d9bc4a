// Pictures: what a camera would see of a screen, and an independent reader of codes.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

const run = promisify(execFile);
// From the package that was installed; it would look on the network otherwise.
prepareZXingModule({
  overrides: { wasmBinary: readFileSync(createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm")).buffer },
});

/** What a page may ask of a cheap webcam. */
export const CAMERA = { width: 1280, height: 720 };
/** Pictures a second, and how many of them each screen stays: a phone shows eight codes a second. */
const RATE = 24;
const HELD = 3;

/**
 * The texts of all codes in a picture, by ZXing, which shares no line with our own reader. `tryInvert`: also those that
 * are light on dark.
 */
export async function textsIn(picture, { tryInvert = true } = {}) {
  const found = await readBarcodes(new Uint8Array(picture), { formats: ["QRCode"], tryHarder: true, tryInvert });
  return found.map((code) => code.text);
}

/**
 * Writes a video of these pictures of a screen, one after another, as a webcam in front of it would take it: scaled to
 * the camera's height, the rest of the view grey. Chromium plays it again and again. `near`: the part of the screen that
 * the camera sees when the phone is held closer.
 */
export async function film(pictures, file, near) {
  const folder = await mkdtemp(join(tmpdir(), "khyber-film-"));
  try {
    await Promise.all(pictures.map((picture, at) => writeFile(join(folder, `${String(at).padStart(4, "0")}.png`), picture)));
    const { width, height } = CAMERA;
    const part = near ? `crop=${near.width}:${near.height}:${near.x}:${near.y},` : "";
    const view = `${part}scale=${width}:${height}:force_original_aspect_ratio=decrease:flags=bicubic,pad=${width}:${height}:-1:-1:color=gray`;
    await run("ffmpeg", [
      "-loglevel", "error", "-y", "-framerate", String(RATE / HELD), "-i", join(folder, "%04d.png"),
      "-vf", `${view},fps=${RATE},format=yuv420p`, "-f", "yuv4mpegpipe", "-strict", "-1", file,
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
  return file;
}

/** Nothing in front of the camera. */
export async function emptyFilm(file) {
  const { width, height } = CAMERA;
  await run("ffmpeg", [
    "-loglevel", "error", "-y", "-f", "lavfi", "-i", `color=gray:size=${width}x${height}:rate=${RATE}`, "-frames:v", "4",
    "-vf", "format=yuv420p", "-f", "yuv4mpegpipe", "-strict", "-1", file,
  ]);
  return file;
}
