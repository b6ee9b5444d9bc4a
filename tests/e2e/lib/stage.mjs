// The programs under test, put on stage by `cargo xtask stage`: one line of JSON each way.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What a test needs from the developer who starts it; `cargo xtask test` sets all of it. */
export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start these tests with \`cargo xtask test --only e2e\``);
  return value;
}

export class Stage {
  #child;
  #answers;
  #waiting = Promise.resolve();

  /** Where everything is: `folder`, `config`, `khyber` (the command line tool). */
  place;

  static async open({ release = false } = {}) {
    const stage = new Stage();
    stage.#child = spawn(setting("KHYBER_XTASK"), ["stage", ...(release ? ["--release"] : [])], { stdio: ["pipe", "pipe", "inherit"] });
    stage.#answers = createInterface({ input: stage.#child.stdout })[Symbol.asyncIterator]();
    stage.place = await stage.#answer();
    return stage;
  }

  /** Ends everything that was started and removes its folder. */
  async close() {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin.end();
    await ended;
  }

  /** Starts the simulated NADRA and the province. `simCodes`: one that asks for a code to the SIM. */
  servers({ simCodes = false } = {}) {
    return this.#order({ do: "servers", sim_codes: simCodes });
  }

  sandbox() {
    return this.#order({ do: "sandbox" });
  }

  province() {
    return this.#order({ do: "province" });
  }

  /** A counter. `clock`: `+181s`, or `2026-11-22 03:00:00` (UTC) for one that stands still. */
  /** `profile`: what it is for, in place of the one that desks on stage have. `officer: false`: without the test officer. */
  /** `enrols`: citizens may be enrolled there, with the sandbox's reader of fingers. */
  async desk(name, { clock, offline = false, profile, officer = true, enrols = false } = {}) {
    return new Desk(name, await this.#order({ do: "desk", name, clock, offline, profile, officer, enrols }));
  }

  /** The wallet's screens for a browser. */
  preview(name, { clock } = {}) {
    return this.#order({ do: "preview", name, clock });
  }

  /** The wallet's window as a program with its environment; WebDriver starts it. */
  window(name) {
    return this.#order({ do: "window", name });
  }

  stop(name) {
    return this.#order({ do: "stop", name });
  }

  revoke(cnic) {
    return this.#order({ do: "revoke", cnic });
  }

  /** Suspends a citizen's passes, or lifts that. */
  suspend(cnic, suspended) {
    return this.#order({ do: "suspend", cnic, suspended });
  }

  /** An update for desks without a network: the changes since an epoch, or everything; the file's path. */
  bundle(from) {
    return this.#order({ do: "bundle", from });
  }

  /** Grants a citizen a document: `{ cnic, vct, fields }`. */
  grant(form) {
    return this.#order({ do: "grant", form });
  }

  /** A certificate for a desk with this key in hex; the file's path. */
  certificate(key) {
    return this.#order({ do: "certificate", key });
  }

  /** The package of a desk, with everything that the province publishes at the moment; the archive's path. */
  package() {
    return this.#order({ do: "package" });
  }

  /** Ends an enrolment, so that the citizen may enrol on another device. */
  release(cnic) {
    return this.#order({ do: "release", cnic });
  }

  /** What goes wrong with NADRA from now on: `none`, `slow`, `down`, `nonsense`. */
  fault(sandbox, fault) {
    return this.#control(sandbox, "fault", { fault });
  }

  /** Who puts their finger on the reader from now on: whoever has this CNIC, or nobody; `code`: why nothing is read. */
  finger(sandbox, cnic, { code = null } = {}) {
    return this.#control(sandbox, "finger", { cnic, code });
  }

  /** The code in the message that was sent last to the SIM of whoever has this CNIC. */
  async message(sandbox, cnic) {
    return (await this.#control(sandbox, "message", { cnic })).code;
  }

  async #control(sandbox, what, body) {
    const answer = await fetch(`${sandbox.url}/control/${what}`, {
      method: "POST",
      headers: { "content-type": "application/json", "X-Khyber-Token": sandbox.token },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`the sandbox does not take this ${what}: ${answer.status}`);
    return answer.json();
  }

  /** One order after the other, each with its answer. */
  #order(order) {
    const result = this.#waiting.then(async () => {
      this.#child.stdin.write(`${JSON.stringify(order)}\n`);
      const answer = await this.#answer();
      if ("error" in answer) throw new Error(`${JSON.stringify(order)}: ${answer.error}`);
      return answer.ok;
    });
    this.#waiting = result.catch(() => undefined);
    return result;
  }

  async #answer() {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error("`cargo xtask stage` ended");
    return JSON.parse(value);
  }
}

/** A counter by its own interface, for what a test prepares or looks up; what it proves goes over the page. */
export class Desk {
  constructor(name, ready) {
    this.name = name;
    this.url = ready.url;
    this.page = ready.page;
    this.citizen = ready.citizen;
    this.setup = ready.setup;
    this.token = ready.token;
    this.officer = ready.officer;
  }

  /** A call of somebody who is not signed in. */
  async call(method, path, body, headers = {}) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { "content-type": "application/json", "X-Khyber-Token": this.token, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${this.name}: ${path} answers ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  }

  /** A call of the officer, who signs in for it: whoever was signed in before, on a page, is not any more. */
  async act(path, body) {
    const { session } = await this.call("POST", "/api/officers/sign-in", this.officer);
    return this.call("POST", path, body, { "X-Khyber-Officer": session });
  }

  state() {
    return this.call("GET", "/api/state");
  }

  /** Asks the province, for which the officer signs in; nobody is signed in afterwards, and a gate is closed. */
  async sync() {
    const { session } = await this.call("POST", "/api/officers/sign-in", this.officer);
    const officer = { "X-Khyber-Officer": session };
    const reply = await this.call("POST", "/api/sync", {}, officer);
    // Closing a gate signs its officer out.
    await this.call("POST", reply.state.desk.gate?.open ? "/api/gate/close" : "/api/officers/sign-out", {}, officer);
    return reply;
  }

  /** Takes over an update that was carried here. */
  async update(bytes) {
    const headers = { "X-Khyber-Token": this.token };
    const answer = await fetch(`${this.url}/api/update`, { method: "POST", headers, body: bytes });
    if (!answer.ok) throw new Error(`${this.name}: the update is refused: ${await answer.text()}`);
  }
}
