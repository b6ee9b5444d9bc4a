// What the desk's page does as visitors, requests and time come and go.
import { beforeEach, describe, expect, test } from "vitest";

import { CallError, type Api } from "./api";
import type { CounterState, RequestReply, ScanReply } from "./bindings";
import { Desk } from "./desk.svelte";

const NOBODY: ScanReply = {
  visit: 1,
  state: "nothing",
  verdict: null,
  code: null,
  claims: [],
  photo: null,
  photo_parts: null,
  issuer: null,
  vct: null,
  attendance: null,
  kind: null,
  in_view: false,
};
const ACCEPTED: ScanReply = { ...NOBODY, state: "decided", verdict: "accepted", code: "accepted", in_view: true };
const REQUEST: RequestReply = {
  size: 21,
  path: "",
  text: "KPR:X",
  check_code: "47",
  expires_at: 1_060,
  ask: "identity",
  kind: null,
};
const STATE: CounterState = {
  mark: "test",
  station: { name_en: "Desk", name_ur: "", name_ps: "", certified: true, allowed: ["age"], kinds: [] },
  audience: "kp:test-desk",
  now: 1_000,
  trust: { state: "current", sequence: 1, issued_at: 1, age_seconds: 10 },
  status: { state: "current", epoch: 1, issued_at: 1, age_seconds: 10 },
  last_sync: null,
  log: { entries: 0, damaged: false, seal: null },
  offline: false,
  configured: true,
  request: null,
  visit: NOBODY,
};

/** A counter program that answers what the test tells it to, and remembers the calls. */
class Program implements Api {
  calls: string[] = [];
  reply: ScanReply = NOBODY;
  gone = false;

  #answer<T>(call: string, value: T): Promise<T> {
    this.calls.push(call);
    return this.gone ? Promise.reject(new CallError("station_gone")) : Promise.resolve(value);
  }

  state = () => this.#answer("state", STATE);
  frame = () => this.#answer("frame", this.reply);
  picture = () => this.#answer("picture", this.reply);
  text = (text: string) => this.#answer(`text ${text}`, this.reply);
  request = (ask: string) => this.#answer(`request ${ask}`, REQUEST);
  cancelRequest = () => this.#answer("cancel", STATE);
  face = (visit: number, same: boolean) => this.#answer(`face ${visit} ${same}`, this.reply);
  next = () => this.#answer("next", NOBODY);
  sync = () => this.#answer("sync", { trust_changed: false, types_changed: false, status_changed: false, code: null, state: STATE });
}

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
