// The package of a desk, unpacked on a computer without a network: its first start decides, and systemd takes its unit.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { drawn, openBrowser, openPage } from "./lib/browser.mjs";
import { Phone } from "./lib/phone.mjs";
import { textsIn } from "./lib/pictures.mjs";
import { Stage } from "./lib/stage.mjs";

const run = promisify(execFile);
const UNIT = "usr/lib/systemd/system/khyber-counter.service";
const PIN = "730942";
let stage;
let root;

before(async () => {
  stage = await Stage.open();
  await stage.servers();
  root = join(stage.place.folder, "desk-root");
  await mkdir(root);
  await run("tar", ["--extract", "--gzip", "--directory", root, "--file", await stage.package()]);
});
after(() => stage?.close());

/** The words of the unit's ExecStart, with the paths of this machine. */
async function execStart() {
  const unit = await readFile(join(root, UNIT), "utf8");
  const [, line] = /^ExecStart=((?:.*\\\n)*.*)$/m.exec(unit);
  return line.replaceAll("\\\n", " ").split(/\s+/).map((word) => (word.startsWith("/") ? join(root, word) : word.replace(":7310", ":0")));
}

test("everything lies where it belongs, readable for all and written by nobody else", async () => {
  for (const [place, mode] of [
    ["usr/bin/khyber-counter", 0o755],
    ["usr/bin/khyber-counter-kiosk", 0o755],
    [UNIT, 0o644],
    ["usr/share/khyber-counter/snapshot.kpu", 0o644],
    ["etc/khyber-counter/province.kpc", 0o644],
    ["usr/share/doc/khyber-counter/README.md", 0o644],
  ]) {
    assert.equal((await stat(join(root, place))).mode & 0o777, mode, place);
  }
});

test("the first start decides about a phone with what the package brought, and the next start too", async (t) => {
  const [program, ...options] = await execStart();
  const data = options[options.indexOf("--data") + 1];
  for (const folder of [data, join(root, "run/khyber-counter")]) await mkdir(folder, { recursive: true });
  const { public_key: key } = JSON.parse((await run(program, ["key", "--data", data])).stdout);
  await writeFile(join(root, "etc/khyber-counter/desk.cert"), await readFile(await stage.certificate(key)));
  const adding = run(program, ["officer", "add", "--data", data, "--number", "1", "--name", "A. K.", "--role", "supervisor"]);
  adding.child.stdin.end(PIN);
  await adding;
  const browser = await openBrowser();
  t.after(() => browser.close());
  const wallet = await stage.preview("wallet");
  const phone = new Phone(undefined, "en");
  await phone.enrolUnseen(wallet, "9999900000022");

  for (const snapshot of ["taken", "older"]) {
    const desk = spawn(program, [...options, "--offline"], { stdio: ["ignore", "pipe", "ignore"] });
    t.after(() => desk.kill());
    const [line] = await createInterface({ input: desk.stdout })[Symbol.asyncIterator]().next().then(({ value }) => [value]);
    const ready = JSON.parse(line);
    assert.equal(ready.snapshot, snapshot);
    const call = async (path, body, session) => {
      const headers = { "content-type": "application/json", "X-Khyber-Token": ready.token, ...session };
      const answer = await fetch(ready.url + path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
      return answer.json();
    };
    const { trust, status, last_sync, offline } = await call("/api/state");
    assert.deepEqual([trust.state, status.state, last_sync, offline], ["current", "current", null, true]);
    const { session } = await call("/api/officers/sign-in", { number: "1", pin: PIN });
    const officer = { "X-Khyber-Officer": session };
    const { text } = await call("/api/request", { ask: "age" }, officer);
    const { id } = await phone.told(wallet, "read_request_text", { text });
    const { frames } = await phone.told(wallet, "answer_request", { id });
    const [answer] = await textsIn(await drawn(browser, frames[0]));
    const verdict = await call("/api/text", { text: answer }, officer);
    assert.deepEqual([verdict.code, verdict.kind.name.en], ["accepted", "Age"]);
    const ended = new Promise((resolve) => desk.once("exit", resolve));
    desk.kill("SIGTERM");
    assert.equal(await ended, 0);
  }
});

test("the kiosk's file takes a browser to the officer's page and to the visitor's, and no address keeps the token", async (t) => {
  const [program, ...options] = await execStart();
  const script = (await readFile(join(root, "usr/bin/khyber-counter-kiosk"), "utf8")).replaceAll(/=\/(run|etc)\//g, (_, folder) => `=${root}/${folder}/`);
  await writeFile(join(root, "etc/khyber-counter/kiosk.conf"), "visitor_position=1024,0\n");
  const desk = spawn(program, [...options, "--offline"], { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => desk.kill());
  await createInterface({ input: desk.stdout })[Symbol.asyncIterator]().next();
  // A browser that keeps what it is given, for the real one below.
  const [bin, session, kept] = ["kiosk-bin", "kiosk-session", "kiosk-kept"].map((name) => join(root, name));
  for (const folder of [bin, session, kept]) await mkdir(folder);
  await writeFile(join(bin, "chromium"), `#!/bin/sh\nfor last; do :; done\ncat "\${last#file://}" >"${kept}/\${last##*/}"\n`, { mode: 0o755 });
  await writeFile(join(root, "kiosk"), script);
  await run("sh", [join(root, "kiosk")], { env: { PATH: `${bin}:${process.env.PATH}`, HOME: root, XDG_RUNTIME_DIR: session } });
  const browser = await openBrowser();
  t.after(() => browser.close());
  for (const [name, path, seen] of [["officer", "/", "h1, h2"], ["visitor", "/citizen", "[data-citizen=closed]"]]) {
    const page = await openPage(browser, { width: 1024, height: 768 });
    await page.goto(`file://${kept}/${name}.html`);
    await page.waitForURL((url) => url.pathname === path && url.search === "");
    await page.locator(seen).first().waitFor();
    assert.deepEqual(page.complaints, []);
  }
});

test("systemd takes the packaged unit without a word", async () => {
  const unit = (await readFile(join(root, UNIT), "utf8")).replaceAll("/usr/bin/khyber-counter", join(root, "usr/bin/khyber-counter"));
  const file = join(stage.place.folder, "khyber-counter.service");
  const verify = async (text) => {
    await writeFile(file, text);
    const { stdout, stderr } = await run("systemd-analyze", ["verify", file]).catch((error) => error);
    // Its other lines are about units of this machine.
    return `${stdout}${stderr}`.split("\n").filter((line) => line.includes("khyber-counter"));
  };
  await run("systemd-analyze", ["--version"]);
  assert.deepEqual(await verify(unit), []);
  assert.notDeepEqual(await verify(unit.replace("RestartSec=1", "RestartSecs=1")), []);
});
