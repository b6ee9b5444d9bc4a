/** What the desk's page knows and does, without a screen. The program decides; this follows. */
import { CallError, type Api } from "./api";
import type { CounterState, DeskView, MisfitView, RequestReply, ScanReply, ShiftView, SignInReply, UpdateState, UpdateView } from "./bindings";

const NOBODY: ScanReply = {
  visit: 0,
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
  freshness: null,
  update: null,
  in_view: false,
};

/** Longest update file, as the program has it. */
const UPDATE_BYTES_MAX = 32 * 1024 * 1024;

/** Something printed that is genuine: no answer of a phone, and to be read before it goes away. */
const PRINTED = ["document_only", "paper_not_presence"];
/** Verdicts on what was no answer to the request on the screen; it stays open after them. */
const NO_ANSWER = ["wrong_code", "malformed", "too_large", "wrong_request", "not_a_document", ...PRINTED];

/** The officer is signed out, here or by somebody else. */
const LEFT = ["station_session_over", "station_nobody_signed_in"];

/** The visitor is gone when the camera has seen no code for this long. */
const GONE_MS = 4_000;
/** A verdict stays at least this long, so that it can be read ... */
const SHOWN_MS = 5_000;
/** ... and this long when there are a name and a number to read. */
const READ_MS = 10_000;
/** Without a camera nobody sees the visitor leave; what was shown goes away all the same. */
const FORGOTTEN_MS = 60_000;
/** A question that could not be asked is not tried again at once. */
const ASK_AGAIN_MS = 5_000;
/** So long before they are signed out an idle officer is warned, in seconds. */
const WARNED_S = 30;
/** How long the shift of the officer before stays in sight of the one who took over. */
const ENDED_MS = 20_000;
/** That somebody is there is said no more often than this. */
const ACTIVE_MS = 15_000;

/** A scanner reads the same code again while the phone is still in front of it. */
const SAME_SCAN_MS = 3_000;

/** Takes what the camera sees and a scanner types. */
export interface Seeing {
  frame(width: number, height: number, luma: Uint8Array): Promise<void>;
  text(text: string): Promise<void>;
}

export class Desk {
  state = $state<CounterState>();
  visit = $state<ScanReply>(NOBODY);
  request = $state<RequestReply | null>(null);
  /** What went wrong, a code; the page has the words. */
  trouble = $state<string>();
  /** A picture held no code. */
  noCode = $state(false);
  updating = $state(false);
  updated = $state(false);
  /** What became of the update file that the officer chose; `reading` while the program looks at it. */
  fileUpdate = $state<UpdateView>();
  cameraLive = $state(false);
  /** Who looks through camera and scanner meanwhile, if not the desk for its visitors. */
  seeing = $state.raw<Seeing>();
  /** The officer took the question back; the next one comes when they say so. */
  paused = $state(false);
  /** The shift that ended last, until somebody signs in or waves it away. */
  ended = $state<ShiftView | null>(null);
  /** Milliseconds of this page's clock. */
  now = $state(0);

  #api: Api;
  #visits = 0;
  #decidedAt = 0;
  #seenAt = 0;
  #requestEnds = $state(0);
  #lastText = "";
  #lastTextAt = Number.NEGATIVE_INFINITY;
  #unreachable = $state(false);
  /** What was asked for last; the profile's first unless the officer chose another. */
  #chosen = $state<string>();
  #leaving = false;
  /** The calls that are under way. */
  #under: Promise<void>[] = [];
  #asking = false;
  #askedAt = Number.NEGATIVE_INFINITY;
  #activeAt = Number.NEGATIVE_INFINITY;
  #enteredAt = 0;
  #idleEnds = $state(Number.POSITIVE_INFINITY);

  constructor(api: Api, now: number) {
    this.#api = api;
    this.now = now;
  }

  /** The program's calls, for screens with forms of their own. */
  get api(): Api {
    return this.#api;
  }

  get view(): DeskView | undefined {
    return this.state?.desk;
  }

  /** Somebody is signed in with a PIN of their own. */
  get signedIn(): boolean {
    return this.view?.officer?.temporary === false;
  }

  /** The desk decides: an officer is there, or it works without one. */
  get working(): boolean {
    const view = this.view;
    if (view === undefined) return false;
    const byItself = view.profile.unattended.length > 0 || view.gate?.open === true;
    return this.signedIn || (view.officer === null && !view.occupied && byItself);
  }

  /** What may be asked for at the moment, in the profile's order, without what no answer would be taken to. */
  get asks(): readonly string[] {
    const profile = this.view?.profile;
    const all = (this.signedIn ? profile?.ask : profile?.unattended) ?? [];
    return all.filter((vct) => this.misfits.every((misfit) => misfit.ask !== vct));
  }

  /** Where the desk's profile wants what the province refuses. */
  get misfits(): readonly MisfitView[] {
    return this.view?.misfits ?? [];
  }

  /** What the next question is about. */
  get nextAsk(): string | undefined {
    return this.asks.find((vct) => vct === this.#chosen) ?? this.asks[0];
  }

  /** The next question comes by itself. */
  get queue(): boolean {
    return this.view?.profile.mode === "request" && this.working;
  }

  /** Seconds until the officer is signed out, when that is soon. */
  get idleSeconds(): number | undefined {
    const left = Math.ceil((this.#idleEnds - this.now) / 1000);
    return this.signedIn && left <= WARNED_S ? Math.max(0, left) : undefined;
  }

  /** No newer data can come in at the moment. */
  get offline(): boolean {
    return this.#unreachable || (this.state?.offline ?? false);
  }

  /** Seconds in which the request on the screen can still be answered. */
  get requestSeconds(): number {
    return Math.max(0, Math.ceil((this.#requestEnds - this.now) / 1000));
  }

  /** Seconds until the next scan begins by itself; none while somebody is there or nobody was. */
  get nextSeconds(): number | undefined {
    if (this.visit.state !== "decided") return undefined;
    const left = Math.ceil((this.#nextAt - this.now) / 1000);
    return this.cameraLive && left <= GONE_MS / 1000 ? Math.max(0, left) : undefined;
  }

  get #nextAt(): number {
    // A question for whoever stands guard does not go away by itself.
    if (!this.cameraLive || this.visit.attendance?.ask_face) return this.#decidedAt + FORGOTTEN_MS;
    const much = this.visit.verdict === "accepted" && this.visit.claims.length > 3;
    const shown = much || PRINTED.includes(this.visit.code ?? "") ? READ_MS : SHOWN_MS;
    return Math.max(this.#decidedAt + shown, this.#seenAt + GONE_MS);
  }

  /** Time passes. */
  async tick(now: number): Promise<void> {
    this.now = now;
    if (this.visit.state === "decided" && now >= this.#nextAt) await this.next();
    if (this.signedIn && now >= this.#idleEnds) await this.refresh();
    if (this.signedIn && now - this.#enteredAt >= ENDED_MS) this.ended = null;
    if (this.#mayAsk()) await this.#askNext();
  }

  async refresh(): Promise<void> {
    const visits = this.#visits;
    await this.#do(async () => {
      const state = await this.#api.state();
      // What was true of another visit, or before somebody signed in, is not taken for true now.
      if (visits === this.#visits) this.#take(state);
    });
  }

  /** The first state of the page, with what was on it before it was loaded again. */
  async start(): Promise<void> {
    await this.#do(async () => {
      const state = await this.#api.state();
      this.#take(state);
      this.#see(state.visit);
      if (state.request) this.#show(state.request, state.request.expires_at - state.now);
    });
  }

  async frame(width: number, height: number, luma: Uint8Array): Promise<void> {
    if (this.seeing) return this.seeing.frame(width, height, luma);
    if (this.#leaving) return;
    await this.#visit(() => this.#api.frame(width, height, luma));
  }

  /** Changes who sits here, with nothing on its way that would arrive in nobody's name. */
  async #leave(change: () => Promise<void>): Promise<void> {
    this.#leaving = true;
    try {
      await Promise.allSettled(this.#under);
      await change();
    } finally {
      this.#leaving = false;
    }
  }

  /** Pictures that belong together, such as a code and the parts of its photo. */
  async pictures(files: readonly Blob[]): Promise<void> {
    if (this.visit.state === "decided") await this.next();
    this.noCode = false;
    let seen = false;
    for (const file of files) {
      await this.#visit(async () => {
        const reply = await this.#api.picture(file);
        seen ||= reply.in_view;
        return reply;
      });
    }
    this.noCode = files.length > 0 && !seen && this.trouble === undefined;
  }

  async text(text: string): Promise<void> {
    if (this.seeing) return this.seeing.text(text);
    const again = text === this.#lastText && this.now - this.#lastTextAt < SAME_SCAN_MS;
    this.#lastText = text;
    this.#lastTextAt = this.now;
    // The codes of an update are no visitor's.
    if (this.visit.state === "decided" && !text.startsWith("KPU:")) {
      // A loop of codes goes on in front of the scanner after the verdict.
      if (again || text.startsWith("KPF:")) return;
      await this.next();
    }
    await this.#visit(() => this.#api.text(text));
  }

  #mayAsk(): boolean {
    if (!this.queue || this.paused || this.#asking || this.#leaving || this.visit.state !== "nothing") return false;
    return (this.request === null || this.requestSeconds === 0) && this.now - this.#askedAt >= ASK_AGAIN_MS;
  }

  async #askNext(): Promise<void> {
    const next = this.nextAsk;
    if (next === undefined) return;
    this.#asking = true;
    this.#askedAt = this.now;
    await this.ask(next);
    if (this.request !== null) this.#askedAt = Number.NEGATIVE_INFINITY;
    this.#asking = false;
  }

  /** Signs in; what is returned is said to the next calls. Throws `CallError`. */
  async enter(call: () => Promise<SignInReply>): Promise<void> {
    await this.#leave(async () => {
      const { session, ended } = await call();
      this.#api.useSession(session);
      this.#clear();
      this.ended = ended;
      this.#enteredAt = this.now;
      this.trouble = undefined;
      await this.start();
    });
  }

  async signOut(): Promise<void> {
    await this.#leave(() =>
      this.#do(async () => {
        const { ended } = await this.#api.signOut();
        this.#api.useSession("");
        this.#clear();
        this.ended = ended;
        this.#take(await this.#api.state());
      }),
    );
  }

  /** The gate's day is over. */
  async closeGate(): Promise<void> {
    await this.#leave(() =>
      this.#do(async () => {
        const state = await this.#api.closeGate();
        this.#clear();
        this.#take(state);
      }),
    );
  }

  /** The officer did something; said to the program now and then. */
  active(): void {
    if (this.#leaving || this.view?.officer === null || this.now - this.#activeAt < ACTIVE_MS) return;
    this.#activeAt = this.now;
    this.#idleEnds = this.now + (this.view?.profile.idle_minutes ?? 1) * 60_000;
    void this.#do(() => this.#api.active());
  }

  /** Nothing of a visitor stays on the screen. */
  #clear(): void {
    this.#visits += 1;
    this.visit = NOBODY;
    this.request = null;
    this.paused = false;
    this.noCode = false;
    this.#chosen = undefined;
    this.#askedAt = Number.NEGATIVE_INFINITY;
    this.#activeAt = Number.NEGATIVE_INFINITY;
  }

  /** The officer asks for this from now on. */
  async choose(vct: string): Promise<void> {
    this.#chosen = vct;
    this.paused = false;
    await this.ask(vct);
  }

  async ask(vct: string): Promise<void> {
    await this.#do(async () => {
      const request = await this.#api.request(vct);
      this.#visits += 1;
      this.visit = NOBODY;
      this.#show(request, this.state ? request.expires_at - (await this.#api.state()).now : 60);
    });
  }

  async cancel(): Promise<void> {
    this.request = null;
    this.paused = true;
    await this.#do(async () => this.#take(await this.#api.cancelRequest()));
  }

  async face(same: boolean): Promise<void> {
    const { visit } = this.visit;
    await this.#visit(() => this.#api.face(visit, same));
  }

  async next(): Promise<void> {
    this.#visits += 1;
    this.#end();
    this.visit = NOBODY;
    this.noCode = false;
    this.paused = false;
    if (this.request && this.requestSeconds === 0) this.request = null;
    await this.#do(async () => {
      await this.#api.next();
    });
    if (this.#mayAsk()) await this.#askNext();
  }

  async sync(): Promise<void> {
    if (this.updating) return;
    this.updating = true;
    this.updated = false;
    await this.#do(async () => {
      const reply = await this.#api.sync();
      this.#take(reply.state);
      this.#unreachable = reply.code === "station_unreachable";
      this.trouble = reply.code ?? undefined;
      this.updated = reply.code === null;
    });
    this.updating = false;
  }

  /** Takes over an update from a file, such as one on a stick. */
  async takeFile(file: Blob): Promise<void> {
    if (this.fileUpdate?.state === "reading") return;
    const said = (state: UpdateState, code: string | null = null) => (this.fileUpdate = { have: 0, needed: 1, state, code });
    said("reading");
    // A stick that was pulled out is no program that is gone.
    const bytes = file.size > UPDATE_BYTES_MAX ? undefined : await file.arrayBuffer().catch(() => undefined);
    if (bytes === undefined) return void said("refused", "station_update_unreadable");
    try {
      const reply = await this.#api.update(bytes);
      this.#take(reply.state);
      said(reply.trust_changed || reply.types_changed || reply.status_changed || reply.rules_changed ? "taken" : "unchanged");
    } catch (thrown) {
      if (!(thrown instanceof CallError)) throw thrown;
      said("refused", thrown.code);
    }
  }

  dismiss(): void {
    this.trouble = undefined;
    this.noCode = false;
    this.updated = false;
  }

  #take(state: CounterState): void {
    this.state = state;
    const idle = state.desk.idle_seconds;
    this.#idleEnds = idle === null ? Number.POSITIVE_INFINITY : this.now + idle * 1000;
    if (state.desk.officer === null) this.#api.useSession("");
  }

  #show(request: RequestReply, seconds: number): void {
    this.request = request;
    this.#requestEnds = this.now + seconds * 1000;
  }

  /** A reply that belongs to a visit; one that arrives after the visit ended is dropped. */
  async #visit(call: () => Promise<ScanReply>): Promise<void> {
    const visit = this.#visits;
    await this.#do(async () => {
      const reply = await call();
      if (visit === this.#visits) this.#see(reply);
    });
  }

  /** The program closes a request once its visit was decided. */
  #end(): void {
    if (this.visit.state === "decided" && !NO_ANSWER.includes(this.visit.code ?? "")) this.request = null;
  }

  #see(reply: ScanReply): void {
    const another = reply.visit !== this.visit.visit;
    if (another) this.#end();
    if (reply.in_view) this.#seenAt = this.now;
    // How old everything is has changed.
    if (reply.update?.state === "taken" && this.visit.update?.state !== "taken") void this.refresh();
    if (reply.state === "decided" && (another || this.visit.state !== "decided")) this.#decidedAt = this.now;
    // The answer has arrived; the request is used up.
    const answered = reply.state === "decided" && reply.verdict === "accepted" && !PRINTED.includes(reply.code ?? "");
    if (reply.state === "compare" || answered) this.request = null;
    this.visit = reply;
  }

  async #do(work: () => Promise<void>): Promise<void> {
    const call = this.#try(work);
    this.#under.push(call);
    try {
      await call;
    } finally {
      this.#under = this.#under.filter((one) => one !== call);
    }
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (this.trouble === "station_gone") this.trouble = undefined;
    } catch (thrown) {
      if (!(thrown instanceof CallError)) throw thrown;
      if (LEFT.includes(thrown.code)) await this.#left();
      else this.trouble = thrown.code;
    }
  }

  async #left(): Promise<void> {
    this.#api.useSession("");
    this.#clear();
    try {
      this.#take(await this.#api.state());
    } catch (thrown) {
      if (!(thrown instanceof CallError)) throw thrown;
      this.trouble = thrown.code;
    }
  }
}
