// Unlock to QR on the screen, in the real window, against an empty command and one repaint in the same window.
// `cargo xtask bench window` runs it; its last line is the figures as JSON.
import { CODE, PIN, en, enrol } from "./lib/journeys.mjs";
import { Stage, setting } from "./lib/stage.mjs";
import { WalletWindow } from "./lib/window.mjs";

const ROUNDS = 15;
const FLOORS_PER_ROUND = 4;
const RATIO_MAX = 4;
/** What Argon2id costs on this machine in release, as the wallet's own bench measured it just before. */
const ARGON2ID_MS = Number(setting("KHYBER_ARGON2ID_MS"));

/**
 * In the page: a journey from the last digit of the PIN to a code that was painted. Each button is pressed as soon as
 * it is there; nothing waits for a picture but the end.
 */
const journey = `
  const [pin, words, done] = arguments;
  const there = (find) => new Promise((resolve) => {
    const now = find();
    if (now) return resolve(now);
    const watch = new MutationObserver(() => {
      const found = find();
      if (found) { watch.disconnect(); resolve(found); }
    });
    watch.observe(document.body, { childList: true, subtree: true, attributes: true });
  });
  const button = (text, whole = true) => there(() => [...document.querySelectorAll("button:not(:disabled)")].find((one) => {
    const said = one.textContent.trim().replace(/\\s+/g, " ");
    return whole ? said === text : said.includes(text);
  }));
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => resolve(performance.now());
    after.port2.postMessage(null);
  }));
  // A citizen's fingers are slower than the dots that follow them.
  const still = () => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined)));
  const key = (digit) => window.dispatchEvent(new KeyboardEvent("keydown", { key: digit, bubbles: true }));
`;

/** The window's content appears with the answer of a command that does nothing: one round trip, one repaint. */
const floor = `${journey}
  (async () => {
    const content = document.getElementById("app").firstElementChild;
    await still();
    content.style.visibility = "hidden";
    await painted();
    const began = performance.now();
    await window.__TAURI_INTERNALS__.invoke("end_showing", { id: 4294967295 }).catch(() => undefined);
    content.style.visibility = "";
    const ended = await painted();
    done(ended - began);
  })();
`;

const unlockToCode = `${journey}
  (async () => {
    (await button(words.me)).click();
    (await button(words.lock)).click();
    await there(() => [...document.querySelectorAll("h1")].find((one) => one.textContent.trim() === words.unlock));
    await painted();
    for (const digit of pin.slice(0, -1)) key(digit);
    await painted();
    await still();
    await painted();
    const began = performance.now();
    key(pin.slice(-1));
    (await button(words.show)).click();
    (await button(words.age, false)).click();
    await there(() => document.querySelector("svg[aria-label='" + words.code + "'] path"));
    const ended = await painted();
    (await button(words.done)).click();
    await button(words.me);
    done(ended - began);
  })();
`;

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

const stage = await Stage.open({ release: true });
let window;
try {
  await stage.servers();
  window = await WalletWindow.open(await stage.window("wallet"));
  await enrol(window, "Gul Zaman");
  await stage.stop("province");
  await stage.stop("sandbox");
  const words = {
    me: en("nav_me"), lock: en("lock_now"), unlock: en("unlock_title"), show: en("nav_show"), age: en("pass_age"), code: CODE, done: en("done"),
  };
  const [floors, journeys] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const floorsNow = [];
    for (let at = 0; at < FLOORS_PER_ROUND; at += 1) floorsNow.push(await window.script(floor, PIN, words));
    const took = await window.script(unlockToCode, PIN, words);
    // The first round warms up.
    if (round === 0) continue;
    floors.push(...floorsNow);
    journeys.push(took);
  }
  const [floorMs, unlockMs] = [median(floors), median(journeys)];
  const apart = unlockMs - ARGON2ID_MS;
  const ms = (value) => ({ value: Math.round(value * 10) / 10, unit: "ms", limit: null, better: "lower" });
  console.log(
    JSON.stringify({
      unlock_to_qr: {
        value: Math.round((apart / floorMs) * 100) / 100,
        unit: "ratio",
        limit: RATIO_MAX,
        better: "lower",
        floor: `empty command and repaint: ${floorMs.toFixed(1)} ms`,
      },
      unlock_to_qr_whole: { ...ms(unlockMs), floor: `Argon2id alone: ${ARGON2ID_MS.toFixed(1)} ms` },
      unlock_to_qr_apart_from_argon2id: ms(apart),
      empty_command_and_repaint: ms(floorMs),
    }),
  );
} finally {
  await window?.close();
  await stage.close();
}
