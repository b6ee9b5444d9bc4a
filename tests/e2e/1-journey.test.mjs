// One citizen, one pass, believed with no network: the real window, pictures of its screen as a desk's webcam.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";

import { keep } from "./lib/browser.mjs";
import { CODE, ask, atDesk, done, en, enrol, glanceAtAll, lock, next, sameFace, showAge, unlock, verdict } from "./lib/journeys.mjs";
import { textsIn } from "./lib/pictures.mjs";
import { Stage } from "./lib/stage.mjs";
import { step } from "./lib/steps.mjs";
import { WalletWindow } from "./lib/window.mjs";

const CITIZEN = { name: "Gul Zaman", cnic: "9999900000011" };
const stage = await Stage.open();
let window;
after(async () => {
  await window?.close();
  await stage.close();
});

/** What our own command line tool says about a code; the journey decides nothing by it. */
function inspect(text) {
  return JSON.parse(execFileSync(stage.place.khyber, ["inspect"], { input: text, encoding: "utf8" }));
}

/** Unix seconds as libfaketime reads a clock that stands still. */
function standingAt(unix) {
  return new Date(unix * 1000).toISOString().slice(0, 19).replace("T", " ");
}

test("one citizen, from enrolment to a verdict with no network", async (t) => {
  const desks = {};
  let picture;
  let later;
  let signedAt;

  await step(t, "the citizen enrols in the window", async () => {
    await stage.servers();
    window = await WalletWindow.open(await stage.window("wallet"));
    await enrol(window, CITIZEN.name);
    await keep("home.png", await window.picture());
  });

  await step(t, "the desks fetch trust list and status data; then the network is gone", async () => {
    for (const name of ["desk", "on-time", "late"]) {
      desks[name] = await stage.desk(name);
      const { state } = await desks[name].sync();
      assert.equal(state.trust.state, "current");
      assert.equal(state.status.state, "current");
    }
    await stage.stop("on-time");
    await stage.stop("late");
    await stage.stop("province");
    await stage.stop("sandbox");
  });

  await step(t, "age: the picture of the screen is accepted", async () => {
    await showAge(window);
    picture = await window.picture();
    await keep("age.png", picture);
    await atDesk(desks.desk, [picture], async (page) => {
      const first = await verdict(page);
      assert.deepEqual([first.code, first.word], ["accepted", en("counter_verdict_accepted")]);
      assert.doesNotMatch(first.text, /Gul|Zaman|99999/, "an age names nobody");
      await keep("desk-accepted.png", await page.screenshot());
      await next(page);
      const again = await verdict(page);
      assert.deepEqual([again.code, again.word], ["replayed", en("counter_verdict_refused")]);
      await keep("desk-replayed.png", await page.screenshot());
    });
  });

  await step(t, "a later code of the same pass is refused at the same desk", async () => {
    const before = await window.code(CODE);
    await window.otherCode(CODE, before);
    later = await window.picture();
    const [first, second] = [await textsIn(picture), await textsIn(later)];
    assert.notDeepEqual(first, second);
    await desks.desk.act("/api/next");
    await atDesk(desks.desk, [later], async (page) => assert.equal((await verdict(page)).code, "replayed"));
    await done(window);
  });

  await step(t, "another reader finds exactly the text that ours finds", async () => {
    const shot = await keep("age-again.png", picture);
    const ours = execFileSync(stage.place.khyber, ["qr", "decode", shot], { encoding: "utf8" }).trim().split("\n");
    const theirs = await textsIn(picture);
    assert.deepEqual(theirs, ours);
    assert.match(theirs[0], /^KP1:[0-9A-Z $%*+\-./:]+$/);
    signedAt = inspect(theirs[0]).binding.iat;
  });

  await step(t, "a desk that looks 180 seconds after the signature accepts it, one at 181 finds it stale", async () => {
    const unix = Math.floor(Date.parse(signedAt) / 1000);
    desks["on-time"] = await stage.desk("on-time", { clock: standingAt(unix + 180), offline: true });
    await atDesk(desks["on-time"], [picture], async (page) => assert.equal((await verdict(page)).code, "accepted"));
    desks.late = await stage.desk("late", { clock: standingAt(unix + 181), offline: true });
    await atDesk(desks.late, [picture], async (page) => {
      const late = await verdict(page);
      assert.deepEqual([late.code, late.word], ["stale", en("counter_verdict_refused")]);
    });
  });

  await step(t, "identity, asked and answered by pictures only, is accepted after the face was compared", async () => {
    const { answer } = await identity();
    assert.deepEqual([answer.code, answer.word], ["accepted", en("counter_verdict_accepted")]);
    assert.match(answer.text, /Gul Zaman/);
  });

  await step(t, "after a revocation that only the desk heard of, identity is refused", async () => {
    // A wallet that is locked fetches nothing, so that the phone cannot hear of it while the province is up.
    await lock(window);
    const revokedAfter = Math.floor(Date.now() / 1000);
    await stage.sandbox();
    await stage.province();
    await stage.revoke(CITIZEN.cnic);
    const { status_changed } = await desks.desk.sync();
    assert.ok(status_changed);
    await stage.stop("province");
    await unlock(window);
    const before = await knownToWallet();
    assert.ok(before.last_sync_at > 0);
    const { answer, known } = await identity();
    assert.deepEqual(known, before);
    assert.ok(known.last_sync_at < revokedAfter, "the wallet fetched after the revocation");
    assert.equal(known.standing, "valid");
    assert.deepEqual([answer.code, answer.word], ["revoked", en("counter_verdict_refused")]);
    assert.doesNotMatch(answer.text, /Gul|Zaman|99999/, "a refused pass shows nothing");
  });

  await step(t, "a desk that has no trust list cannot decide", async () => {
    desks.bare = await stage.desk("bare", { offline: true });
    await showAge(window);
    const shown = await window.picture();
    await atDesk(desks.bare, [shown], async (page) => {
      const bare = await verdict(page);
      assert.deepEqual([bare.code, bare.word], ["no_trust_list", en("counter_verdict_undecided")]);
      await keep("desk-undecided.png", await page.screenshot());
    });
    await done(window);
  });

  /** What the wallet itself says about how old its knowledge is; asked beside the screens, which show only words. */
  async function knownToWallet() {
    const { last_sync_at, status_as_of, standing } = await window.home();
    return { last_sync_at, status_as_of, standing };
  }

  /** The desk asks on its screen, the phone reads a picture of it and answers with looping codes. */
  async function identity() {
    await desks.desk.act("/api/next");
    const question = await atDesk(desks.desk, [], (page) => ask(page, "pass_identity"));
    const state = await desks.desk.state();
    assert.deepEqual(await textsIn(question.picture), [state.request.text]);

    const file = join(stage.place.folder, "question.png");
    await writeFile(file, question.picture);
    await keep("desk-asks.png", question.picture);
    await window.press(en("nav_scan"));
    await window.file(en("scan_picture"), file);
    await window.heading(en("consent_title"));
    await window.says(en("consent_certified"));
    const same = `//*[normalize-space(.)='${en("check_code_same")}']/following-sibling::bdi`;
    assert.equal(await window.textOf(same), question.digits);
    await keep("consent.png", await window.picture());
    await window.press(en("consent_show"));
    await window.code(CODE);
    await keep("identity.png", await window.picture());
    const area = await window.codeArea(CODE);
    const known = await knownToWallet();
    const codes = await glanceAtAll(window);
    assert.equal([...codes.keys()].filter((text) => text.startsWith("KP1:")).length, 1);
    assert.ok([...codes.keys()].some((text) => text.startsWith("KPF:")), "the photo travels beside the code");

    const answer = await atDesk(
      desks.desk,
      [...codes.values()],
      async (page) => {
        await page.locator("[data-verdict], .compare img").first().waitFor();
        const decided = await page.locator("[data-verdict]").count();
        await keep(decided ? "desk-refused.png" : "desk-compare.png", await page.screenshot());
        const answer = decided ? await verdict(page) : await sameFace(page);
        await keep("desk-identity.png", await page.screenshot());
        return answer;
      },
      area,
    );
    await done(window);
    return { answer, known };
  }
});
