// What a phone holds: looked through, taken out into a file that is read here, deleted and had again, in the real window.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { keep } from "./lib/browser.mjs";
import { en, enrol } from "./lib/journeys.mjs";
import { Stage } from "./lib/stage.mjs";
import { step } from "./lib/steps.mjs";
import { WalletWindow } from "./lib/window.mjs";

const CITIZEN = { name: "Gul Zaman", cnic: "9999900000011", grouped: "99999-0000001-1" };
const CERTIFICATE = "PSH-26-<b>104711</b>";
const DOMICILE = "Domicile certificate";
let stage;
let window;

before(async () => {
  stage = await Stage.open();
  await stage.servers();
});
after(async () => {
  if (window) await keep("documents-end.png", await window.picture()).catch(() => undefined);
  await window?.close();
  await stage?.close();
});

/** Asks the application itself, as its screen does. */
const told = (command, body = {}) =>
  window.script("window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1]).then(arguments[2], (error) => arguments[2]({ error }));", command, body);

const folder = () => join(stage.place.folder, "wallet", "downloads");

/** The only file there with this ending. */
async function made(ending) {
  const names = (await readdir(folder())).filter((name) => name.endsWith(ending));
  assert.equal(names.length, 1, names.join(" "));
  assert.match(names[0], /^khyber-pass-export-\d{4}-\d{2}-\d{2}\.(html|json)$/);
  return readFile(join(folder(), names[0]), "utf8");
}

/** Presses a button further down, brought to the middle first: the bar at the bottom would lie over it. */
async function press(words, options) {
  await window.script("const [words, done] = arguments; const look = () => { const one = [...document.querySelectorAll('button')].find((button) => button.innerText.includes(words)); if (one) { one.scrollIntoView({ block: 'center' }); done(); } else requestAnimationFrame(look); }; look();", words);
  await window.press(words, options);
}

/** From the list or a document to a file. */
async function save(choice) {
  await window.heading(en("export_title"));
  if (choice) await window.script(`[...document.querySelectorAll("input[type=radio]")].find((one) => one.value === ${JSON.stringify(choice)}).click(); arguments[0]();`);
  await window.press(en("continue"));
  await window.heading(en("export_open_title"));
  await window.press(en("export_save"));
  await window.heading(en("export_done_title"));
  await window.press(en("done"));
}

test("documents are looked through, taken out, deleted and had again", async (t) => {
  await step(t, "a citizen has a card and a document", async () => {
    window = await WalletWindow.open(await stage.window("wallet"));
    await enrol(window, CITIZEN.name);
    await stage.grant({ cnic: CITIZEN.cnic, vct: "domicile", fields: { certificate_number: CERTIFICATE, issued_on: "2026-11-02", domicile_district: "peshawar" } });
    await told("sync");
    await window.press(en("nav_me"));
    await window.heading(en("me_title"));
    await press(en("documents_open"));
    await window.heading(en("documents_title"));
    await window.says(en("documents_you"));
  });

  await step(t, "its page says what the province signed", async () => {
    await press(DOMICILE, { contains: true });
    await window.heading(DOMICILE);
    await window.says(CERTIFICATE);
    await window.says(en("document_issuer_kp"));
    await keep("document.png", await window.picture());
    await window.press(en("back"));
    await window.heading(en("documents_title"));
  });

  await step(t, "a page to read holds everything, and a number that looks like HTML is letters", async () => {
    await press(en("documents_export"));
    await save();
    const page = await made(".html");
    assert.ok(page.startsWith("<!doctype html>"));
    for (const value of [CITIZEN.name, CITIZEN.grouped, "PSH-26-&lt;b&gt;104711&lt;/b&gt;", en("export_doc_not"), en("test_mark")]) {
      assert.ok(page.includes(value), value);
    }
    assert.doesNotMatch(page, /<b>|<script|https?:/);
    await window.heading(en("documents_title"));
  });

  await step(t, "data for programs holds the signed bytes", async () => {
    await press(en("documents_export"));
    await save("data");
    const data = JSON.parse(await made(".json"));
    assert.deepEqual([data.format, data.version, data.test], ["khyber-pass-export", 1, true]);
    const documents = data.people.flatMap((person) => person.documents);
    const domicile = documents.find((one) => one.vct === "domicile");
    assert.equal(domicile.claims.find((claim) => claim.key === "certificate_number").value, CERTIFICATE);
    const signed = data.credentials.find((one) => one.document === domicile.id);
    const bytes = Buffer.from(signed.credential, "base64url");
    assert.ok(bytes.includes(Buffer.from(CERTIFICATE)), "the number is in the bytes that were signed");
    assert.equal(data.credentials.length, documents.length);
  });

  await step(t, "deleted, it stays away at the next sync, and comes when it is wanted", async () => {
    await press(DOMICILE, { contains: true });
    await press(en("document_delete"));
    await window.says(en("document_delete_granted"));
    await keep("document-delete.png", await window.picture());
    await window.press(en("document_delete_yes"));
    await window.heading(en("documents_title"));
    await window.says(en("documents_deleted"));
    await told("sync");
    const held = (all) => all.people.flatMap((person) => person.documents).some((one) => one.vct === "domicile");
    assert.ok(!held(await told("documents")));
    await press(en("documents_get_back"));
    await window.until(async () => held(await told("documents")));
    await press(DOMICILE, { contains: true });
    await window.heading(DOMICILE);
    await window.says(en("document_shows"));
  });
});
