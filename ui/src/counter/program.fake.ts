/** A counter program for the tests of its page: it answers what a test tells it to, and remembers the calls. */
import { CallError, type Api } from "./api";
import type {
  AddOfficerCall,
  AssistedCall,
  AssistedReply,
  CounterState,
  DeskView,
  LostCall,
  LostReply,
  OfficerView,
  PersonCall,
  PhoneReply,
  RequestReply,
  ResetPinCall,
  ScanReply,
  SetActiveCall,
  SetUpCall,
  ShiftView,
  SignInCall,
  SyncReply,
} from "./bindings";

export const NOBODY: ScanReply = {
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
  freshness: null,
  update: null,
  in_view: false,
};
export const ACCEPTED: ScanReply = { ...NOBODY, state: "decided", verdict: "accepted", code: "accepted", in_view: true };
export const REQUEST: RequestReply = {
  size: 21,
  path: "",
  text: "KPR:X",
  check_code: "47",
  expires_at: 1_060,
  ask: "identity",
  kind: null,
};
export const OFFICER: OfficerView = { number: "1", name: "A. K.", role: "officer", active: true, temporary: false };
export const PHONE: PhoneReply = { phone: "KPE:1", letters: "7F3K-92QD" };
export const SHIFT: ShiftView = { officer: "A. K.", began_at: 1, ended_at: 2, accepted: 3, refused: 1, undecided: 0 };
export const VIEW: DeskView = {
  officer: OFFICER,
  shift: null,
  idle_seconds: 600,
  officers: [{ number: "1", name: "A. K." }],
  occupied: true,
  setup: false,
  profile: {
    id: "test",
    name_en: "",
    name_ur: "",
    name_ps: "",
    service: "test",
    ask: ["age", "identity"],
    mode: "timed",
    idle_minutes: 10,
    unattended: [],
  },
  misfits: [],
  gate: null,
};
export const STATE: CounterState = {
  mark: "test",
  station: { name_en: "Desk", name_ur: "", name_ps: "", certified: true, allowed: ["age"], kinds: [] },
  audience: "kp:test-desk",
  now: 1_000,
  trust: { state: "current", sequence: 1, issued_at: 1, age_seconds: 10 },
  status: { state: "current", epoch: 1, issued_at: 1, age_seconds: 10 },
  rules: { state: "missing", service: "general", has_rule: false, sequence: null },
  last_sync: null,
  offline: false,
  configured: true,
  request: null,
  log: { entries: 0, damaged: false, seal: null },
  visit: NOBODY,
  desk: VIEW,
};

export class Program implements Api {
  calls: string[] = [];
  reply: ScanReply = NOBODY;
  gone = false;
  /** An update has something new. */
  brings = true;
  /** The code with which calls fail from now on. */
  refusal = "";

  #answer<T>(call: string, value: T): Promise<T> {
    this.calls.push(call);
    if (this.gone) return Promise.reject(new CallError("station_gone"));
    return this.refusal !== "" && call !== "state" ? Promise.reject(new CallError(this.refusal)) : Promise.resolve(value);
  }

  view = VIEW;
  session = "";

  state = () => this.#answer("state", { ...STATE, desk: this.view });
  frame = () => this.#answer("frame", this.reply);
  picture = () => this.#answer("picture", this.reply);
  text = (text: string) => this.#answer(`text ${text}`, this.reply);
  request = (ask: string) => this.#answer(`request ${ask}`, REQUEST);
  cancelRequest = () => this.#answer("cancel", { ...STATE, desk: this.view });
  face = (visit: number, same: boolean) => this.#answer(`face ${visit} ${same}`, this.reply);
  update = (file: ArrayBuffer) => this.#answer(`update ${file.byteLength}`, { ...this.#nothingNew(), status_changed: this.brings });
  next = () => this.#answer("next", NOBODY);
  signIn = (call: SignInCall) => this.#enter(`sign-in ${call.number}`);
  setUp = (call: SetUpCall) => this.#enter(`set-up ${call.number}`);
  active = () => this.#answer("active", undefined);
  changePin = () => this.#answer("pin", undefined);
  officers = () => this.#answer("officers", { officers: [OFFICER] });
  addOfficer = (call: AddOfficerCall) => this.#answer(`add ${call.number}`, { officers: [OFFICER] });
  setActive = (call: SetActiveCall) => this.#answer(`set-active ${call.number} ${call.active}`, { officers: [OFFICER] });
  resetPin = (call: ResetPinCall) => this.#answer(`reset-pin ${call.number}`, { officers: [OFFICER] });
  attendance = (day: string | null) => this.#answer(`attendance ${day ?? "today"}`, { day: day ?? "2026-11-22", inside: 0, stays: [] });
  attendanceSheet = (day: string) => this.#answer(`sheet ${day}`, new Blob([]));
  closeGate = () => {
    this.view = { ...this.view, officer: null, occupied: false, idle_seconds: null, gate: { open: false, opened_by: null, opened_at: null } };
    return this.#answer("close-gate", { ...STATE, desk: this.view });
  };
  /** What a report of a lost phone brings. */
  lost: LostReply = { disabled_at: 1_000, code: null, fields: [], wait_seconds: null };
  told: LostCall | undefined;
  checkLost = (person: PersonCall) => {
    const empty = Object.entries(person).filter(([, value]) => value === "");
    return this.#answer("check-lost", { errors: empty.map(([field]) => ({ field, code: "field_missing" })) });
  };
  tellLost = (call: LostCall) => {
    this.told = call;
    return this.#answer("lost", this.lost);
  };
  /** What an enrolment brings, and what the camera sees. */
  outcome: AssistedReply = { enrolled_at: 1_000, code: null, fields: [], wait_seconds: null };
  seen: PhoneReply | null = PHONE;
  enrolled: AssistedCall | undefined;
  readPhone = (text: string) => this.#answer(`read-phone ${text}`, PHONE);
  seePhone = () => this.#answer("see-phone", { phone: this.seen });
  enrolCitizen = (call: AssistedCall) => {
    this.enrolled = call;
    return this.#answer("enrol", this.outcome);
  };
  exportLog = () => this.#answer("export-log", new Blob([]));
  citizen = () => Promise.reject(new Error("the officer's page does not ask for the visitor's"));

  signOut = () => {
    this.view = { ...this.view, officer: null, occupied: false, idle_seconds: null };
    return this.#answer("sign-out", { ended: SHIFT });
  };

  useSession = (secret: string) => {
    this.session = secret;
  };

  #enter(call: string) {
    this.view = { ...this.view, officer: OFFICER, occupied: true, idle_seconds: 600 };
    return this.#answer(call, { session: "5e55", officer: OFFICER, ended: null });
  }
  sync = () => this.#answer("sync", this.#nothingNew());

  #nothingNew(): SyncReply {
    return { trust_changed: false, types_changed: false, status_changed: false, rules_changed: false, code: null, state: { ...STATE, desk: this.view } };
  }
}
