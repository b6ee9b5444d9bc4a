/** The calls of the counter program. Types come from it; see `bindings.ts`. */
import type {
  AddOfficerCall,
  AttendanceDay,
  ChangePinCall,
  CitizenView,
  CounterState,
  ErrorReply,
  AssistedCall,
  AssistedReply,
  LostCall,
  LostReply,
  OfficersReply,
  PersonCall,
  PersonReply,
  PhoneReply,
  PhoneSeen,
  RequestReply,
  ResetPinCall,
  ScanReply,
  SetActiveCall,
  SetUpCall,
  SignInCall,
  SignInReply,
  SignOutReply,
  SyncReply,
} from "./bindings";

/** A call that did not come out: the program's code, or `station_gone` when there is no answer. */
export class CallError extends Error {
  constructor(
    readonly code: string,
    /** Seconds until it makes sense to try again. */
    readonly wait?: number,
  ) {
    super(code);
  }
}

export interface Api {
  state(): Promise<CounterState>;
  frame(width: number, height: number, luma: Uint8Array): Promise<ScanReply>;
  picture(file: Blob): Promise<ScanReply>;
  text(text: string): Promise<ScanReply>;
  request(ask: string): Promise<RequestReply>;
  cancelRequest(): Promise<CounterState>;
  face(visit: number, same: boolean): Promise<ScanReply>;
  next(): Promise<ScanReply>;
  sync(): Promise<SyncReply>;
  /** An update that was carried here. */
  update(file: ArrayBuffer): Promise<SyncReply>;
  signIn(call: SignInCall): Promise<SignInReply>;
  setUp(call: SetUpCall): Promise<SignInReply>;
  signOut(): Promise<SignOutReply>;
  /** The officer moved, typed or touched. */
  active(): Promise<void>;
  changePin(call: ChangePinCall): Promise<void>;
  officers(): Promise<OfficersReply>;
  addOfficer(call: AddOfficerCall): Promise<OfficersReply>;
  setActive(call: SetActiveCall): Promise<OfficersReply>;
  resetPin(call: ResetPinCall): Promise<OfficersReply>;
  citizen(): Promise<CitizenView>;
  /** The whole scan log as a file. */
  exportLog(): Promise<Blob>;
  /** Who came and went on a day, `YYYY-MM-DD`; today without one. */
  attendance(day: string | null): Promise<AttendanceDay>;
  /** The same as a CSV file. */
  attendanceSheet(day: string): Promise<Blob>;
  closeGate(): Promise<CounterState>;
  /** What is wrong with a person who is typed in. */
  checkLost(person: PersonCall): Promise<PersonReply>;
  tellLost(call: LostCall): Promise<LostReply>;
  /** The phone in a code that a scanner typed. */
  readPhone(text: string): Promise<PhoneReply>;
  /** The phone whose code the camera sees. */
  seePhone(width: number, height: number, luma: Uint8Array): Promise<PhoneSeen>;
  enrolCitizen(call: AssistedCall): Promise<AssistedReply>;
  /** From now on calls are this session's; an empty one is nobody's. */
  useSession(secret: string): void;
}

/** Where the session of this tab's officer is kept, for a page that is loaded again. */
const PLACE = "khyber-officer";

export function counterApi(token: string): Api {
  let session = window.sessionStorage.getItem(PLACE) ?? "";
  async function answer(method: "GET" | "POST", path: string, body?: BodyInit, headers: HeadersInit = {}): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(path, {
        method,
        headers: { "X-Khyber-Token": token, ...(session === "" ? {} : { "X-Khyber-Officer": session }), ...headers },
        body: body ?? null,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
      });
    } catch {
      throw new CallError("station_gone");
    }
    if (response.ok) return response;
    const error = (await response.json().catch(() => undefined)) as ErrorReply | undefined;
    throw new CallError(error?.code ?? "station_bad_call", error?.wait_seconds ?? undefined);
  }
  async function call<T>(method: "GET" | "POST", path: string, body?: BodyInit, headers?: HeadersInit): Promise<T> {
    const response = await answer(method, path, body, headers);
    return (await response.json().catch(() => undefined)) as T;
  }
  async function file(path: string, body?: BodyInit, headers?: HeadersInit): Promise<Blob> {
    const response = await answer("POST", path, body, headers);
    return response.blob().catch(() => Promise.reject(new CallError("station_gone")));
  }
  const json = <T>(path: string, value: object) =>
    call<T>("POST", path, JSON.stringify(value), { "content-type": "application/json" });
  const grey = <T>(path: string, width: number, height: number, luma: Uint8Array) =>
    call<T>("POST", path, luma as Uint8Array<ArrayBuffer>, {
      "content-type": "application/octet-stream",
      "X-Width": String(width),
      "X-Height": String(height),
    });

  return {
    state: () => call("GET", "/api/state"),
    frame: (width, height, luma) => grey("/api/frame", width, height, luma),
    picture: (file) => call("POST", "/api/picture", file, { "content-type": "application/octet-stream" }),
    text: (text) => json("/api/text", { text }),
    request: (ask) => json("/api/request", { ask }),
    cancelRequest: () => call("POST", "/api/request/cancel"),
    face: (visit, same) => json("/api/face", { visit, same }),
    next: () => call("POST", "/api/next"),
    sync: () => call("POST", "/api/sync"),
    update: (file) => call("POST", "/api/update", file, { "content-type": "application/octet-stream" }),
    signIn: (value) => json("/api/officers/sign-in", value),
    setUp: (value) => json("/api/officers/set-up", value),
    signOut: () => call("POST", "/api/officers/sign-out"),
    active: () => call("POST", "/api/officers/active"),
    changePin: (value) => json("/api/officers/pin", value),
    officers: () => call("GET", "/api/officers"),
    addOfficer: (value) => json("/api/officers/add", value),
    setActive: (value) => json("/api/officers/set-active", value),
    resetPin: (value) => json("/api/officers/reset-pin", value),
    citizen: () => call("GET", "/api/citizen"),
    exportLog: () => file("/api/log/export"),
    attendance: (day) => json("/api/gate/day", { day }),
    attendanceSheet: (day) => file("/api/gate/sheet", JSON.stringify({ day }), { "content-type": "application/json" }),
    closeGate: () => call("POST", "/api/gate/close"),
    checkLost: (person) => json("/api/lost/check", person),
    tellLost: (value) => json("/api/lost", value),
    readPhone: (text) => json("/api/enrol/text", { text }),
    seePhone: (width, height, luma) => grey("/api/enrol/frame", width, height, luma),
    enrolCitizen: (value) => json("/api/enrol", value),
    useSession: (secret) => {
      session = secret;
      if (secret === "") window.sessionStorage.removeItem(PLACE);
      else window.sessionStorage.setItem(PLACE, secret);
    },
  };
}
