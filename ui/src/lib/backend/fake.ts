/**
 * A stand-in host for design work and tests: it remembers what it is told, answers at once, and signs nothing. Never part
 * of a production build. `?fake&at=home&language=ur&theme=dark` in the address of the development server opens a state.
 */
import register from "$assets/types/types.json";

import type { Backend } from "./backend";
import { BackendError } from "./error";
import { fakeApplications } from "./fake-applications";
import { fakeAudit } from "./fake-audit";
import { fakeDelete, fakeDocuments, fakeExport } from "./fake-documents";
import { fakeComplete, fakeMove, FAKE_PHRASE } from "./fake-moving";
import { fakeEntries, fakePast } from "./fake-past";
import { fakeService, fakeServices } from "./fake-services";
import { fakeItem, fakeWay } from "./fake-way";
import type { AppState, AuditView, Biometric, ClaimView, Draft, EnrolmentState, FieldError, Home, KindView, Language, LockState, MoveStep, OnItsWay, PassStock, ProfileView, Qr, RequestView, Safety, Script, Showing, Sign, UiCode, Words } from "./types";

export const FAKE_DRAFT: Draft = {
  cnic: "99999-1234567-1",
  cnic_issued_on: "2021-03-14",
  name_en: "Gul Zaman",
  name_ur: "گل زمان",
  guardian_name_en: "Sher Zaman",
  guardian_name_ur: "شیر زمان",
  guardian_relation: "father",
  date_of_birth: "1987-09-05",
  gender: "male",
  address: "House 12, Mohalla Sethian, Peshawar City",
  district: "peshawar",
  mobile: "0300-1234567",
  has_photo: true,
};

/** The packaged register, so that the stand-in says what the province's own kinds are called. */
const KINDS = register.types as unknown as readonly Kind[];

interface Kind {
  vct: string;
  name: Words;
  icon: string;
  claims: { key: string; kind: string; label: Words; words?: { key: string; label: Words }[] }[];
}

/** A kind as the app names it. */
export function fakeKind(vct: string): KindView {
  const kind = KINDS.find((one) => one.vct === vct);
  return kind ? { name: kind.name, icon: kind.icon } : { name: { en: "", ur: "", ps: "" }, icon: "" };
}

const SCRIPTS: Record<string, Script> = {
  latin: "latin", arabic: "arabic", text: "latin", number: "number", date: "date", last_day: "date", cnic: "number", district: "district", money: "money",
};

/** The claims of a kind with these values, in the register's order; a null is a claim that is only asked for. */
export function fakeClaims(vct: string, values: Record<string, string | null>): ClaimView[] {
  const claims = KINDS.find((one) => one.vct === vct)?.claims ?? [];
  return claims
    .filter((claim) => claim.key in values)
    .map(({ key, kind, label, words }) => {
      const value = values[key] ?? null;
      return { key, label, value, words: words?.find((word) => word.key === value)?.label ?? null, script: SCRIPTS[kind] ?? "word" };
    });
}

const AGE = fakeClaims("age", { over_18: "true" });
const RESIDENCE = fakeClaims("residence", { district: "bajaur", merged_district: "true" });
const IDENTITY = fakeClaims("identity", {
  name_en: "Gul Zaman", name_ur: "گل زمان", guardian_name_en: "Sher Zaman", guardian_name_ur: "شیر زمان", guardian_relation: "father",
  cnic: "99999-1234567-1", date_of_birth: "1987-09-05", gender: "male", address: "House 12, Mohalla Sethian, Peshawar City",
  district: "peshawar", photo: "true",
});
const DOMICILE = fakeClaims("domicile", {
  name_en: "Gul Zaman", guardian_name_en: "Sher Zaman", cnic: "99999-1234567-1", certificate_number: "PSH-26-104711",
  issued_on: "2026-11-02", domicile_district: "peshawar", photo: "true",
});

/** Only what is asked for, as the past and requests without an answer have it. */
const bare = (claims: readonly ClaimView[], keys?: readonly string[]) =>
  claims.filter((claim) => !keys || keys.includes(claim.key)).map((claim) => ({ ...claim, value: null, words: null }));

export interface FakeOptions {
  language?: Language;
  lock?: LockState;
  moving?: AppState["moving"];
  move?: MoveStep;
  enrolment?: EnrolmentState;
  mark?: AppState["mark"];
  /** Commands that fail, with their codes. */
  failing?: Partial<Record<keyof Backend, UiCode>>;
  retryAfterSeconds?: number;
  offline?: boolean;
  emptyHistory?: boolean;
  /** What the phone keeps of the province's audit log. */
  audit?: AuditView;
  /** No catalogue of services has come yet. */
  noCatalogue?: boolean;
  standing?: Home["standing"];
  home?: Partial<Home>;
  way?: Partial<OnItsWay>;
  draft?: Partial<Draft>;
  request?: Partial<RequestView>;
  signs?: Sign[];
  /** Seconds that each profile's door stays shut. */
  waitSeconds?: number;
  biometric?: Biometric;
  unprotected?: boolean;
  /** Whether a counter has proven who they are, once it is asked. */
  proven?: () => boolean;
}

const FAKE_SIGNS: readonly Sign[] = ["star", "moon", "sun", "tree", "flower", "bird", "fish", "boat", "kite", "mountain", "lamp", "cup"];

export interface FakeBackend extends Backend {
  /** What was written as an export: a page, or null for data. */
  readonly written: (string | null)[];
  /** Every command that was called, in order. */
  readonly calls: string[];
  readonly state: AppState;
}

export function fakeBackend(options: FakeOptions = {}): FakeBackend {
  const calls: string[] = [];
  const written: (string | null)[] = [];
  let state: AppState = {
    mark: options.mark ?? "test",
    language: options.language ?? "en",
    lock: options.lock ?? "empty",
    enrolment: options.enrolment ?? "none",
    enrolment_error: null,
    configured: true,
    wait_seconds: null,
    moving: options.moving ?? "none",
  };
  const profiles: ProfileView[] = (options.signs ?? ["star"]).map((sign, at) => ({
    id: String(at).padStart(32, "0"),
    sign,
    wait_seconds: options.waitSeconds ?? 0,
    biometric: options.biometric === "on",
  }));
  const freeSigns = () => FAKE_SIGNS.filter((sign) => !profiles.some((one) => one.sign === sign));
  let safety: Safety = {
    profile: "0".repeat(32),
    sign: profiles[0]?.sign ?? "star",
    free_signs: ["star", ...freeSigns()],
    auto_lock_seconds: 300,
    wipe: false,
    biometric: options.biometric ?? "absent",
    unprotected: options.unprotected ?? false,
  };
  const choose = (change: Partial<Safety>) => (safety = { ...safety, ...change });
  let draft: Draft = { ...FAKE_DRAFT, ...EMPTY, ...options.draft };
  let way: OnItsWay = { ...fakeWay(nowSeconds(), fakeKind), ...options.way };
  const without = (id: number | null) => way.items.filter((item) => item.id !== id);
  let audit: AuditView = options.audit ?? { asked_at: null, lines: [], more: false, full: false };
  let showings = 0;
  let past = options.emptyHistory ? [] : fakeHistory();
  let documents = fakeDocuments(PORTRAIT);

  async function did<T>(name: keyof Backend, answer: () => T): Promise<T> {
    calls.push(name);
    const code = options.failing?.[name];
    if (code !== undefined) {
      throw new BackendError(code, options.retryAfterSeconds ?? null);
    }
    return answer();
  }
  const become = (change: Partial<AppState>) => (state = { ...state, ...change });
  const showing = (vct: string, mode: Showing["mode"]): Showing => {
    const photo = mode === "request";
    return {
      id: (showings += 1),
      vct,
      kind: fakeKind(vct),
      child: vct === "b-form" ? FAKE_CHILD : null,
      mode,
      frames: photo ? [1, 2, 3, 4].map((seed) => fakeQr(61, seed)) : [fakeQr(57, showings)],
      frame_ms: 125,
      claims: vct === "age" ? AGE : vct === "residence" ? RESIDENCE : vct === "domicile" ? DOMICILE : vct === "b-form" ? PALWASHA : IDENTITY,
      renew_in_ms: photo ? 0 : 15_000,
      ends_in_ms: photo ? 120_000 : 300_000,
      last_pass: false,
      check_code: photo ? "47" : null,
    };
  };

  return {
    calls,
    written,
    get state() {
      return state;
    },
    appState: () => did("appState", () => state),
    setLanguage: (language) => did("setLanguage", () => become({ language })),
    lockScreen: () => did("lockScreen", () => ({ profiles, free_signs: freeSigns(), unprotected: options.unprotected ?? false })),
    checkPin: (pin) => did("checkPin", () => {
      if (/^(.)\1+$/.test(pin) || "01234567890".includes(pin)) throw new BackendError("pin_too_easy");
      return null;
    }),
    addProfile: (sign) => did("addProfile", () => {
      profiles.push({ id: String(profiles.length).padStart(32, "0"), sign, wait_seconds: 0, biometric: false });
      return become({ lock: "open", enrolment: "none" });
    }),
    forgetProfile: (profile) => did("forgetProfile", () => {
      profiles.splice(profiles.findIndex((one) => one.id === profile), 1);
      return become({ lock: profiles.length === 0 ? "empty" : "locked", enrolment: "none" });
    }),
    unlockBiometric: () => did("unlockBiometric", () => become({ lock: "open", enrolment: "enrolled" })),
    touch: () => did("touch", () => null),
    sight: () => did("sight", () => null),
    safety: () => did("safety", () => safety),
    changePin: () => did("changePin", () => null),
    setBiometric: (pin) => did("setBiometric", () => choose({ biometric: pin === null ? "off" : "on" })),
    setAutoLock: (auto_lock_seconds) => did("setAutoLock", () => choose({ auto_lock_seconds })),
    setWipe: (wipe) => did("setWipe", () => choose({ wipe })),
    setSign: (sign) => did("setSign", () => choose({ sign })),
    createVault: () => did("createVault", () => become({ lock: "open" })),
    unlock: () => did("unlock", () => become({ lock: "open", enrolment: "enrolled" })),
    lock: () => did("lock", () => become({ lock: "locked" })),
    draft: () => did("draft", () => ({ ...draft })),
    saveDraft: (next) =>
      did("saveDraft", () => {
        draft = { ...next };
        return { errors: missing(draft) };
      }),
    photo: () => did("photo", () => (draft.has_photo ? { data_url: PORTRAIT } : null)),
    setPhoto: () => did("setPhoto", () => ({ data_url: PORTRAIT })),
    showAtCounter: () => did("showAtCounter", () => ({ qr: fakeQr(33, 1), letters: "7F3K-92QD", is_proven: options.proven?.() ?? false })),
    enrol: () => did("enrol", () => become({ enrolment: "enrolled" })),
    sync: () => did("sync", () => {
      if (options.offline) throw new BackendError("network_down");
      return { changed: false, at: nowSeconds() };
    }),
    onItsWay: () => did("onItsWay", () => way),
    changeMobile: (mobile) => did("changeMobile", () => {
      way = { ...way, items: [{ ...fakeItem(nowSeconds(), "mobile", "waiting", 7), mobile }, ...way.items.filter((item) => item.what !== "mobile")] };
      return way;
    }),
    reportLost: (_person, _photo, instead) => did("reportLost", () => (way = { ...way, items: [fakeItem(nowSeconds(), "lost", "waiting", 8), ...without(instead)] })),
    discardErrand: (id) => did("discardErrand", () => (way = { ...way, items: without(id) })),
    giveUpErrand: (id) => did("giveUpErrand", () => (way = { ...way, items: without(id) })),
    setSyncLimits: (on_metered, in_background) => did("setSyncLimits", () => (way = { ...way, on_metered, in_background })),
    checkPerson: (person) => did("checkPerson", () => ({ errors: missing(person) })),
    preparePhoto: () => did("preparePhoto", () => ({ data_url: PORTRAIT })),
    tellLost: () => did("tellLost", () => ({ disabled_at: nowSeconds() })),
    forgetLost: () => did("forgetLost", () => null),
    lostPerson: () => did("lostPerson", () => ({ person: FAKE_DRAFT, photo: PORTRAIT })),
    retryErrand: (id) => did("retryErrand", () => (way = { ...way, items: way.items.map((item) => (item.id === id ? { ...item, state: "waiting", error: null, can_retry: false } : item)) })),
    noteNetwork: () => did("noteNetwork", () => null),
    rebind: () => did("rebind", () => become({ enrolment: "enrolled" })),
    startOver: () => did("startOver", () => become({ enrolment: "draft" })),
    home: () => did("home", () => ({ ...fakeHome(), standing: options.standing ?? "valid", ...options.home })),
    timedChoices: () => did("timedChoices", () => [
      { vct: "age", kind: fakeKind("age"), claims: AGE, left: 12 },
      { vct: "residence", kind: fakeKind("residence"), claims: RESIDENCE, left: 2 },
    ]),
    showTimed: (vct) => did("showTimed", () => showing(vct, "timed")),
    showingFrames: (id) => did("showingFrames", () => ({ ...showing("age", "timed"), id })),
    endShowing: () => did("endShowing", () => null),
    readRequestPicture: () => did("readRequestPicture", () => ({ ...FAKE_REQUEST, ...options.request })),
    readRequestFrame: () => did("readRequestFrame", () => null),
    readRequestText: () => did("readRequestText", () => ({ ...FAKE_REQUEST, ...options.request })),
    answerRequest: () => did("answerRequest", () => showing(options.request?.ask ?? "identity", "request")),
    declineRequest: () => did("declineRequest", () => null),
    past: (ask) => did("past", () => fakePast(past, ask)),
    audit: () => did("audit", () => audit),
    askAudit: (earlier) => did("askAudit", () => {
      if (options.offline) throw new BackendError("network_down");
      return (audit = fakeAudit(audit, earlier, nowSeconds()));
    }),
    services: (query) => did("services", () => fakeServices(query, options.noCatalogue ?? false)),
    service: (id) => did("service", () => fakeService(id)),
    ...fakeApplications(did),
    forgetPast: (id) =>
      did("forgetPast", () => {
        past = past.filter((entry) => entry.id !== id);
        return null;
      }),
    forgetPastBetween: (from, before) =>
      did("forgetPastBetween", () => {
        const all = past.length;
        past = past.filter((entry) => entry.at < from || entry.at >= before);
        return all - past.length;
      }),
    documents: () => did("documents", () => documents),
    deleteDocument: (id) => did("deleteDocument", () => {
      documents = fakeDelete(documents, id);
      return null;
    }),
    wantDocument: (id) => did("wantDocument", () => {
      documents = { ...documents, put_away: documents.put_away.filter((one) => one.id !== id) };
      return null;
    }),
    export: (only) => did("export", () => fakeExport(documents, past, only)),
    writeExport: (_, page) => did("writeExport", () => {
      written.push(page);
      return { name: `khyber-pass-export-2026-11-22.${page === null ? "json" : "html"}`, folder: "Downloads" };
    }),
    makePhrase: () => did("makePhrase", () => FAKE_PHRASE),
    makeBackup: () => did("makeBackup", () => ({ name: "khyber-pass-2026-11-22.kpb", folder: "Downloads", documents: 5, history: 50 })),
    forgetPhrase: () => did("forgetPhrase", () => null),
    completeWord: (typed) => did("completeWord", () => fakeComplete(typed)),
    restoreBackup: () => did("restoreBackup", () => become({ moving: "restored" })),
    restored: () => did("restored", () => ({
      from_backup: true, at: nowSeconds() - 600, card: fakeHome().card,
      documents: [
        { vct: "domicile", kind: fakeKind("domicile"), child: null, claims: DOMICILE, expires_on: "2031-11-21" },
        { vct: "b-form", kind: fakeKind("b-form"), child: FAKE_CHILD, claims: PALWASHA, expires_on: "2027-11-21" },
      ],
    })),
    beginReceiving: () => did("beginReceiving", () => fakeMove(options.move ?? "offer", [fakeQr(29, 1)])),
    moveView: () => did("moveView", () => fakeMove(options.move ?? "scan", [fakeQr(65, 1), fakeQr(65, 2)])),
    readMovePicture: () => did("readMovePicture", () => fakeMove(state.enrolment === "enrolled" ? "compare" : "receive", [fakeQr(33, 1)])),
    readMoveFrame: () => did("readMoveFrame", () => null),
    wordsAgree: () => did("wordsAgree", () => fakeMove("play", [fakeQr(65, 1), fakeQr(65, 2)])),
    endMove: () => did("endMove", () => become({ moving: state.moving === "confirming" ? "restored" : "none" })),
    testCitizens: () => did("testCitizens", () => [
      { draft: FAKE_DRAFT, portrait: PORTRAIT },
      { draft: { ...FAKE_DRAFT, cnic: "99999-7654321-2", name_en: "Zarmina Bibi", name_ur: "زرمینہ بی بی" }, portrait: PORTRAIT },
      { draft: { ...FAKE_DRAFT, cnic: "99999-1122334-5", name_en: "Bakht Rawan", name_ur: "بخت روان" }, portrait: PORTRAIT },
    ]),
  };
}

/** Reads which state to show from the address of the development server. */
export function fakeFromAddress(): FakeBackend {
  const asked = new URL(location.href).searchParams;
  const language = (asked.get("language") ?? "en") as Language;
  const at = asked.get("at") ?? "";
  const failing = asked.get("failing");
  const [command, code] = failing?.split(":") ?? [];
  const doors: Record<string, FakeOptions> = {
    "": {},
    welcome: {},
    unlock: { lock: "locked", enrolment: "enrolled" },
    enrol: { lock: "open", enrolment: "draft", draft: answered(Number(asked.get("upto") ?? 0)) },
    review: { lock: "open", enrolment: "draft", draft: FAKE_DRAFT },
    home: { lock: "open", enrolment: "enrolled" },
    new: { lock: "open" },
    restored: { lock: "open", moving: "restored" },
    confirming: { lock: "open", moving: "confirming", move: "confirm" },
    leaving: { lock: "open", enrolment: "enrolled", moving: "leaving", move: "play" },
    moved: { lock: "open", moving: "moved", move: "done" },
  };
  return fakeBackend({
    language,
    ...(doors[at] ?? doors["home"]),
    offline: asked.has("offline"),
    proven: () => asked.has("proven"),
    signs: (asked.get("signs")?.split(",") ?? ["star"]) as Sign[],
    waitSeconds: Number(asked.get("shut") ?? 0),
    biometric: (asked.get("biometric") ?? "absent") as Biometric,
    unprotected: asked.has("unprotected"),
    standing: (asked.get("standing") ?? "valid") as Home["standing"],
    emptyHistory: asked.has("empty"),
    // Asked yesterday, so that what is kept is there without a network.
    ...(asked.has("asked") ? { audit: fakeAudit({ asked_at: null, lines: [], more: false, full: false }, false, nowSeconds() - 90_000) } : {}),
    ...(asked.has("still") ? { way: { items: [] } } : {}),
    ...troubleOf(asked),
    ...(asked.has("unknown") ? { request: UNKNOWN_DESK } : asked.has("document") ? { request: DOMICILE_REQUEST } : asked.has("family") ? { request: B_FORM_REQUEST } : {}),
    ...(command && code ? { failing: { [command]: code } } : {}),
    ...(asked.has("wait") ? { retryAfterSeconds: Number(asked.get("wait")) } : {}),
  });
}

function troubleOf(asked: URLSearchParams): FakeOptions {
  const ended = asked.get("ended") as UiCode | null;
  const off = asked.get("clock");
  return ended || off || asked.has("released") ? { home: { trouble: { ended, unknown: asked.has("released"), clock_off_by: off ? Number(off) : null } } } : {};
}

/** A draft in which the first so many questions are answered. */
function answered(count: number): Partial<Draft> {
  const order: (keyof Draft)[][] = [
    ["cnic"], ["cnic_issued_on"], ["name_en", "name_ur"], ["guardian_relation", "guardian_name_en", "guardian_name_ur"],
    ["date_of_birth"], ["gender"], ["address"], ["district"], ["mobile"], ["has_photo"],
  ];
  return Object.fromEntries(order.slice(0, count).flat().map((field) => [field, FAKE_DRAFT[field]]));
}

const EMPTY: Draft = {
  cnic: "", cnic_issued_on: "", name_en: "", name_ur: "", guardian_name_en: "", guardian_name_ur: "",
  guardian_relation: "", date_of_birth: "", gender: "", address: "", district: "", mobile: "", has_photo: false,
};

export const FAKE_REQUEST: RequestView = {
  id: 1,
  certified: true,
  name_en: "Civil Hospital Khar",
  name_ur: "سول ہسپتال خار",
  name_ps: "سول روغتون خار",
  purpose_en: "Admission to the ward",
  purpose_ur: "وارڈ میں داخلہ",
  purpose_ps: "په وارډ کې داخله",
  ask: "identity",
  kind: fakeKind("identity"),
  claims: IDENTITY,
  choices: [{ no: 0, child: null, claims: IDENTITY }],
  check_code: "47",
  answerable: true,
  reason: null,
  expires_at: 4_000_000_000,
};

const UNKNOWN_DESK: Partial<RequestView> = {
  certified: false, name_en: null, name_ur: null, name_ps: null, purpose_en: null, purpose_ur: null, purpose_ps: null,
  ask: "age", kind: fakeKind("age"), claims: AGE, choices: [{ no: 0, child: null, claims: AGE }],
};

function fakeHome(): Home {
  const now = nowSeconds();
  return {
    card: {
      name_en: "Gul Zaman",
      name_ur: "گل زمان",
      cnic: "99999-1234567-1",
      photo_data_url: PORTRAIT,
      issued_on: "2026-11-20",
      expires_on: "2027-02-18",
      pattern: "9f2c61d07a5be4883310cc7d5ef0a1946b2d8e7f00c1a55d13b9e2f4868d7c3a",
      district: "bajaur",
    },
    passes: [
      stock("age", 12, 16, "2026-12-20"),
      stock("residence", 2, 16, "2026-12-20"),
      stock("identity", 1, 1, "2027-02-18"),
      { ...stock("domicile", 2, 2, "2031-11-21"), document: true },
      { ...stock("driving-licence", 3, 3, "2027-11-21"), document: true },
      { ...stock("vehicle-card", 2, 2, "2027-11-21"), document: true },
      { ...stock("b-form", 2, 2, "2027-11-21"), document: true, child: FAKE_CHILD },
      { ...stock("b-form", 2, 2, "2027-11-21"), document: true, child: OTHER_CHILD },
    ],
    last_sync_at: now - 600,
    trust_as_of: now - 90_000,
    status_as_of: now - 3_600,
    standing: "valid",
    trouble: { ended: null, unknown: false, clock_off_by: null },
  };
}

function missing(draft: Draft): FieldError[] {
  const empty = Object.entries(draft).filter(([, value]) => value === "");
  const photo: FieldError[] = draft.has_photo ? [] : [{ field: "photo", code: "photo_missing" }];
  return [...empty.map(([field]): FieldError => ({ field, code: "field_missing" })), ...photo];
}

function stock(vct: string, left: number, total: number, expires_on: string): PassStock {
  return { vct, kind: fakeKind(vct), child: null, document: false, left, total, expires_on };
}

const DOMICILE_REQUEST: Partial<RequestView> = {
  ask: "domicile", kind: fakeKind("domicile"), claims: DOMICILE, choices: [{ no: 0, child: null, claims: DOMICILE }],
};

const B_FORM = (name_en: string, name_ur: string, number: string, born_on: string) =>
  fakeClaims("b-form", {
    child_name_en: name_en, child_name_ur: name_ur, child_number: number, born_on, child_gender: "female", father_name: "Gul Zaman",
    mother_name: "Zarmina Bibi", registered_on: "2016-05-01", holder_is: "father", name_en: "Gul Zaman", cnic: "99999-1234567-1", photo: "true",
  });
const FAKE_CHILD = { no: 1, name_en: "Palwasha Gul", name_ur: "پلوشہ گل" };
const OTHER_CHILD = { no: 2, name_en: "Spozhmai Gul", name_ur: "سپوږمۍ گل" };
const PALWASHA = B_FORM("Palwasha Gul", "پلوشہ گل", "99999-7100001-4", "2015-03-02");
const B_FORM_REQUEST: Partial<RequestView> = {
  ask: "b-form", kind: fakeKind("b-form"), claims: PALWASHA,
  choices: [
    { no: 1, child: FAKE_CHILD, claims: PALWASHA },
    { no: 2, child: OTHER_CHILD, claims: B_FORM("Spozhmai Gul", "سپوږمۍ گل", "99999-7100002-6", "2018-08-14") },
  ],
};

/** The claims of a pass as the past has them: their names alone. */
const fakeHistory = () =>
  fakeEntries({
    identity: bare(IDENTITY), photo: bare(IDENTITY, ["photo", "name_en", "name_ur"]), age: bare(AGE), domicile: bare(DOMICILE),
  });

/** Looks like a QR code and says nothing. */
export function fakeQr(size: number, seed: number): Qr {
  let state = seed * 2_654_435_761;
  const random = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  let path = "";
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const corner = (x < 8 || x >= size - 8) && (y < 8 || (x < 8 && y >= size - 8));
      if (!corner && random() < 0.48) path += `M${x} ${y}h1v1h-1z`;
    }
  }
  for (const [x, y] of [[0, 0], [size - 7, 0], [0, size - 7]] as const) {
    path += `M${x} ${y}h7v7h-7zM${x + 1} ${y + 1}v5h5v-5zM${x + 2} ${y + 2}h3v3h-3z`;
  }
  return { size, path };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

const PORTRAIT = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 640"><rect width="480" height="640" fill="#cfe4df"/><path d="M60 640c0-150 80-210 180-210s180 60 180 210z" fill="#6b4a33"/><rect x="195" y="360" width="90" height="110" fill="#c98f6a"/><ellipse cx="240" cy="270" rx="115" ry="140" fill="#d9a27d"/><path d="M115 250c0-110 60-160 125-160s125 50 125 160c-40-50-85-62-125-62s-85 12-125 62z" fill="#4a2f22"/><path d="M118 205c30-60 80-80 122-80s92 20 122 80c-70-32-174-32-244 0z" fill="#e9e4da"/></svg>',
)}`;
