// `cargo xtask demo` as a newcomer runs it: with a window, in a browser, and by itself. The programs are built already, and
// building them here, without the tests, would compile their dependencies once more with other features.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";

import { setting } from "./lib/stage.mjs";

/** Names of the addresses that it prints and that answer HTTP, besides the wallet's. */
const SERVERS = ["counter", "province", "NADRA"];

/** Starts the demonstration; `until` resolves with what it printed so far as soon as that has `text` in it. */
function demo(args, environment = {}) {
  const child = spawn(setting("KHYBER_XTASK"), ["demo", "--no-build", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  const ended = new Promise((resolve) => child.once("close", (code) => resolve(code)));
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => (printed += text));
  }
  const until = (text) =>
    new Promise((resolve, reject) => {
      const look = () => printed.includes(text) && resolve(printed);
      child.stdout.on("data", look);
      child.stderr.on("data", look);
      ended.then((code) => reject(new Error(`ended with ${code} before it said "${text}": ${printed}`)));
      look();
    });
  return { child, ended, until, printed: () => printed };
}

/** What stands behind a name in the list of addresses. */
function said(printed, name) {
  return new RegExp(`^  ${name} +(\\S.*)$`, "m").exec(printed)?.[1];
}

async function answers(address) {
  return fetch(address, { redirect: "manual" }).then(
    () => true,
    () => false,
  );
}

async function startsAndStops(args, environment, wallet) {
  const running = demo(args, environment);
  try {
    const printed = await running.until("Ctrl-C ends everything.");
    const data = said(printed, "data").split(" ")[0];
    assert.match(said(printed, "wallet"), wallet);
    assert.equal(printed.match(/CNIC 99999\d{8} \(test\)/g)?.length, 3);
    for (const step of [1, 2, 3, 4, 5, 6]) assert.match(printed, new RegExp(`^  ${step}\\. `, "m"));
    const addresses = [...SERVERS, "wallet"].map((name) => said(printed, name).split(" ")[0]).filter((one) => one.startsWith("http://"));
    for (const address of addresses) assert.ok(await answers(address), address);
    assert.ok(existsSync(data));
    running.child.kill("SIGINT");
    assert.equal(await running.ended, 0);
    for (const address of addresses) assert.ok(!(await answers(address)), `${address} still answers`);
    assert.ok(!existsSync(data), "the data were left behind");
  } finally {
    running.child.kill("SIGKILL");
  }
}

test("by itself it walks the whole journey, and every step comes out as it should", async () => {
  const running = demo(["--headless"]);
  assert.equal(await running.ended, 0, running.printed());
  const printed = running.printed();
  const steps = printed.split("\n").filter((line) => /^ *\d+ /.test(line));
  assert.ok(steps.length >= 6, printed);
  for (const line of steps) assert.match(line, /\d (ms|s)\b/);
  for (const verdict of ["accepted", "refused", "undecided"]) assert.ok(steps.some((line) => line.includes(verdict)), verdict);
});

test("with a display it opens the wallet's window, and Ctrl-C stops everything", () => startsAndStops([], {}, /window/));

test("without a display the same screens are in a browser", () =>
  startsAndStops([], { DISPLAY: "", WAYLAND_DISPLAY: "" }, /^http:\/\/127\.0\.0\.1:\d+/));

test("a display that does not answer gives way to the browser, and the walk's last step ends the province", async () => {
  const running = demo([], { DISPLAY: ":4242", WAYLAND_DISPLAY: "" });
  try {
    const printed = await running.until("the wallet is in the browser: http://");
    const page = /in the browser: (\S+)/.exec(printed)[1];
    assert.ok(await answers(page));
    const [, province] = /^ +kill (\d+)$/m.exec(printed);
    process.kill(Number(province), "SIGTERM");
    await running.until("province ended");
    assert.ok(!(await answers(said(printed, "province"))));
    assert.ok(await answers(page));
    running.child.kill("SIGINT");
    assert.equal(await running.ended, 0);
  } finally {
    running.child.kill("SIGKILL");
  }
});
