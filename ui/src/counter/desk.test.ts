// What the desk's page does as visitors, requests and time come and go.
import { beforeEach, describe, expect, test } from "vitest";

import { Desk } from "./desk.svelte";
import { ACCEPTED, NOBODY, Program, REQUEST, VIEW } from "./program.fake";

let program: Program;
let desk: Desk;
const frame = () => desk.frame(1, 1, new Uint8Array(1));

beforeEach(async () => {
  program = new Program();
  desk = new Desk(program, 0);
  await desk.start();
  desk.cameraLive = true;
});

describe("the next scan", () => {
  test("begins by itself when no code has been in view for a while", async () => {
    program.reply = ACCEPTED;
    await frame();
    await desk.tick(4_000);
    await frame();
    program.reply = { ...ACCEPTED, in_view: false };
    await desk.tick(7_900);
    await frame();
    expect(desk.visit.state).toBe("decided");
    expect(desk.nextSeconds).toBe(1);
    await desk.tick(8_000);
    expect(desk.visit.state).toBe("nothing");
    expect(program.calls.at(-1)).toBe("next");
  });

  test("waits while the visitor is still there", async () => {
    program.reply = ACCEPTED;
    for (const at of [0, 3_000, 6_000, 9_000, 12_000]) {
      await desk.tick(at);
      await frame();
    }
    expect(desk.visit.verdict).toBe("accepted");
  });

  test("waits longer when there is a name to read", async () => {
    const claim = { key: "name_en", label: { en: "Name", ur: "", ps: "" }, value: "x", words: null, script: "latin" as const };
    program.reply = { ...ACCEPTED, claims: [claim, claim, claim, claim] };
    await frame();
    await desk.tick(9_900);
    expect(desk.visit.state).toBe("decided");
    await desk.tick(10_000);
    expect(desk.visit.state).toBe("nothing");
  });

  test("of another visitor right after a verdict is shown its full time", async () => {
    program.reply = ACCEPTED;
    await frame();
    await desk.tick(4_900);
    program.reply = { ...ACCEPTED, visit: 2, verdict: "refused", code: "replayed" };
    await frame();
    await desk.tick(9_800);
    expect(desk.visit.code).toBe("replayed");
    await desk.tick(9_900);
    expect(desk.visit.state).toBe("nothing");
  });

  test("never ends a comparison", async () => {
    program.reply = { ...ACCEPTED, state: "compare", verdict: "undecided" };
    await frame();
    await desk.tick(600_000);
    expect(desk.visit.state).toBe("compare");
  });
});

describe("a USB scanner", () => {
  test("that reads the rest of a loop does not begin a new visit", async () => {
    program.reply = ACCEPTED;
    await desk.text("KP1:A");
    await desk.text("KP1:A");
    await desk.text("KPF:B");
    expect(program.calls.filter((call) => call !== "state")).toEqual(["text KP1:A"]);
  });

  test("that reads another code begins a new visit", async () => {
    program.reply = ACCEPTED;
    await desk.text("KP1:A");
    await desk.text("KP1:B");
    expect(program.calls.slice(-2)).toEqual(["next", "text KP1:B"]);
  });
});

describe("an update", () => {
  const file = new Blob(["12345"]);

  test("in codes leaves the verdict on the screen, is said as it comes, and is asked about once it is here", async () => {
    program.reply = ACCEPTED;
    await desk.text("KP1:A");
    const update = { have: 2, needed: 3, state: "reading" as const, code: null };
    program.reply = { ...ACCEPTED, in_view: false, update };
    await desk.text("KPU:A");
    expect([desk.visit.verdict, desk.visit.update]).toEqual(["accepted", update]);
    expect(program.calls).not.toContain("next");
    const asked = () => program.calls.filter((call) => call === "state").length;
    const before = asked();
    program.reply = { ...program.reply, update: { ...update, have: 3, state: "taken" } };
    await desk.text("KPU:B");
    await desk.text("KPU:C");
    expect(asked()).toBe(before + 1);
  });

  test("from a file is said to be taken over, to bring nothing new, or to be refused with its code", async () => {
    await desk.takeFile(file);
    expect([program.calls.at(-1), desk.fileUpdate?.state]).toEqual(["update 5", "taken"]);
    program.brings = false;
    await desk.takeFile(file);
    expect(desk.fileUpdate?.state).toBe("unchanged");
    program.refusal = "station_update_other_start";
    await desk.takeFile(file);
    expect(desk.fileUpdate).toMatchObject({ state: "refused", code: "station_update_other_start" });
    expect(desk.trouble).toBeUndefined();
  });

  test("from a file that cannot be read, or is too large, is not sent", async () => {
    const pulled = Object.assign(new Blob(["x"]), { arrayBuffer: () => Promise.reject(new DOMException("gone", "NotReadableError")) });
    const large = Object.defineProperty(new Blob(["x"]), "size", { value: 33 * 1024 * 1024 });
    for (const one of [pulled, large]) {
      await desk.takeFile(one);
      expect(desk.fileUpdate).toMatchObject({ state: "refused", code: "station_update_unreadable" });
    }
    expect(program.calls.filter((call) => call.startsWith("update"))).toEqual([]);
  });
});

test("a dropped picture begins a new visit after a verdict, and one without a code is said to be so", async () => {
  program.reply = ACCEPTED;
  await desk.pictures([new Blob()]);
  await desk.pictures([new Blob()]);
  expect(program.calls.slice(-3)).toEqual(["picture", "next", "picture"]);
  program.reply = NOBODY;
  await desk.pictures([new Blob(), new Blob()]);
  expect(desk.noCode).toBe(true);
});

test("a request runs for a minute by the program's clock and goes when it is answered", async () => {
  await desk.ask("identity");
  expect(desk.requestSeconds).toBe(60);
  await desk.tick(59_500);
  expect(desk.requestSeconds).toBe(1);
  program.reply = { ...ACCEPTED, state: "compare", verdict: "undecided" };
  await frame();
  expect(desk.request).toBeNull();
});

test("what the officer saw goes back with the visit that was on the screen", async () => {
  program.reply = { ...ACCEPTED, visit: 7, state: "compare", verdict: "undecided" };
  await frame();
  await desk.face(true);
  expect(program.calls.at(-1)).toBe("face 7 true");
});

test("a refused answer closes the request with its visit, a stranger's code does not", async () => {
  for (const [code, left] of [
    ["wrong_request", REQUEST],
    ["revoked", null],
  ] as const) {
    await desk.ask("identity");
    program.reply = { ...ACCEPTED, verdict: "refused", code };
    await frame();
    await desk.next();
    expect(desk.request).toEqual(left);
  }
});

test("a program that is gone is said to be gone, and found again", async () => {
  program.gone = true;
  await frame();
  expect(desk.trouble).toBe("station_gone");
  program.gone = false;
  await frame();
  expect(desk.trouble).toBeUndefined();
});

describe("what the province's rule refuses", () => {
  test("is not asked for, and the next one is", async () => {
    program.view = { ...VIEW, profile: { ...VIEW.profile, mode: "request" }, misfits: [{ ask: "age", code: "station_rule_takes_not" }] };
    await desk.refresh();
    expect([...desk.asks]).toEqual(["identity"]);
    await desk.tick(100);
    expect(program.calls.filter((call) => call.startsWith("request"))).toEqual(["request identity"]);
    program.view = { ...program.view, misfits: ["age", "identity"].map((ask) => ({ ask, code: "station_rule_takes_not" })) };
    await desk.refresh();
    expect(desk.nextAsk).toBeUndefined();
  });
});

describe("the queue of a desk in request mode", () => {
  beforeEach(async () => {
    program.view = { ...VIEW, profile: { ...VIEW.profile, mode: "request" } };
    await desk.start();
    program.calls = [];
  });
  const asked = () => program.calls.filter((call) => call.startsWith("request "));

  test("asks by itself, and again when nobody answered in time", async () => {
    await desk.tick(0);
    expect(asked()).toEqual(["request age"]);
    await desk.tick(59_000);
    expect(asked()).toHaveLength(1);
    await desk.tick(60_000);
    expect(asked()).toHaveLength(2);
  });

  test("asks the next visitor at once when the officer says next", async () => {
    await desk.tick(0);
    program.reply = ACCEPTED;
    await frame();
    await desk.tick(1_000);
    expect(asked()).toHaveLength(1);
    await desk.next();
    expect(program.calls.slice(-3)).toEqual(["next", "request age", "state"]);
    expect(desk.request).toEqual(REQUEST);
  });

  test("rests after the officer took the question back, and goes on with what they choose", async () => {
    await desk.tick(0);
    await desk.cancel();
    await desk.tick(100_000);
    expect(asked()).toHaveLength(1);
    await desk.choose("identity");
    await desk.tick(161_000);
    expect(asked()).toEqual(["request age", "request identity", "request identity"]);
  });

  test("a question that cannot be asked is not asked over and over", async () => {
    program.refusal = "station_not_certified";
    for (const at of [0, 250, 500, 4_750]) await desk.tick(at);
    expect(asked()).toHaveLength(1);
    expect(desk.trouble).toBe("station_not_certified");
    await desk.tick(5_000);
    expect(asked()).toHaveLength(2);
  });

  test("asks nothing while nobody is signed in, unless the desk works unattended", async () => {
    await desk.signOut();
    await desk.tick(0);
    expect(asked()).toEqual([]);
    program.view = { ...program.view, profile: { ...program.view.profile, unattended: ["age"] } };
    await desk.refresh();
    await desk.tick(1);
    expect(asked()).toEqual(["request age"]);
  });
});

describe("the officer", () => {
  test("who signs out leaves nothing of a visitor, and a shift in numbers", async () => {
    program.reply = ACCEPTED;
    await frame();
    await desk.signOut();
    expect(desk.visit.state).toBe("nothing");
    expect([desk.signedIn, desk.ended?.accepted, program.session]).toEqual([false, 3, ""]);
  });

  test("whose session is over is signed out on the screen too", async () => {
    program.reply = ACCEPTED;
    await frame();
    program.refusal = "station_session_over";
    program.view = { ...VIEW, officer: null };
    await desk.next();
    expect([desk.signedIn, desk.visit.state, desk.request, desk.trouble]).toEqual([false, "nothing", null, undefined]);
  });

  test("who signs in is said to every call from then on", async () => {
    await desk.signOut();
    await desk.enter(() => program.signIn({ number: "1", pin: "730942" }));
    expect([program.session, desk.signedIn, desk.ended]).toEqual(["5e55", true, null]);
  });

  test("who moves is not said to move at each key, and is warned half a minute before", async () => {
    await desk.tick(1_000);
    desk.active();
    desk.active();
    expect(program.calls.filter((call) => call === "active")).toHaveLength(1);
    await desk.tick(570_000);
    expect(desk.idleSeconds).toBeUndefined();
    await desk.tick(571_000);
    expect(desk.idleSeconds).toBe(30);
    desk.active();
    expect(desk.idleSeconds).toBeUndefined();
  });
});

describe("a gate for staff", () => {
  const OPEN = { open: true, opened_by: "A. K.", opened_at: 1 };
  const passed = (ask_face: boolean) => ({ ...ACCEPTED, attendance: { movement: "in" as const, at: 1, ask_face } });

  test("works with nobody signed in from the time it was opened until an officer closes it", async () => {
    program.view = { ...VIEW, officer: null, occupied: false, gate: { ...OPEN, open: false } };
    await desk.refresh();
    expect(desk.working).toBe(false);
    program.view = { ...program.view, gate: OPEN };
    await desk.refresh();
    expect([desk.working, desk.signedIn, desk.asks]).toEqual([true, false, []]);
    await desk.enter(() => program.signIn({ number: "1", pin: "730942" }));
    program.reply = passed(false);
    await frame();
    await desk.closeGate();
    expect([desk.working, desk.visit.state, program.calls.at(-1)]).toEqual([false, "nothing", "close-gate"]);
  });

  test("lets whoever passed go by itself, and keeps a question for the guard", async () => {
    program.reply = passed(false);
    await frame();
    await desk.tick(5_000);
    expect(desk.visit.state).toBe("nothing");
    program.reply = { ...passed(true), visit: 2 };
    await frame();
    await desk.tick(20_000);
    expect(desk.visit.attendance?.ask_face).toBe(true);
    expect(desk.nextSeconds).toBeUndefined();
    await desk.choose("name-photo");
    expect(program.calls).toContain("request name-photo");
    expect(desk.visit.state).toBe("nothing");
  });
});
