/** The calls of the counter program. Types come from it; see `bindings.ts`. */
import type {
  CounterState,
  ErrorReply,
  FaceCall,
  RequestCall,
  RequestReply,
  ScanReply,
  SyncReply,
  TextCall,
} from "./bindings";

/** A call that did not come out: the program's code, or `station_gone` when there is no answer. */
export class CallError extends Error {
  constructor(readonly code: string) {
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
}

export function counterApi(token: string): Api {
  async function call<T>(method: "GET" | "POST", path: string, body?: BodyInit, headers: HeadersInit = {}): Promise<T> {
    let response: Response;
    try {
      response = await fetch(path, {
        method,
        headers: { "X-Khyber-Token": token, ...headers },
        body: body ?? null,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
      });
    } catch {
      throw new CallError("station_gone");
    }
    const reply: unknown = await response.json().catch(() => undefined);
    if (response.ok) return reply as T;
    throw new CallError((reply as ErrorReply | undefined)?.code ?? "station_bad_call");
  }
  const json = <T>(path: string, value: FaceCall | RequestCall | TextCall) =>
    call<T>("POST", path, JSON.stringify(value), { "content-type": "application/json" });

  return {
    state: () => call("GET", "/api/state"),
    frame: (width, height, luma) =>
      call("POST", "/api/frame", luma as Uint8Array<ArrayBuffer>, {
        "content-type": "application/octet-stream",
        "X-Width": String(width),
        "X-Height": String(height),
      }),
    picture: (file) => call("POST", "/api/picture", file, { "content-type": "application/octet-stream" }),
    text: (text) => json("/api/text", { text }),
    request: (ask) => json("/api/request", { ask }),
    cancelRequest: () => call("POST", "/api/request/cancel"),
    face: (visit, same) => json("/api/face", { visit, same }),
    next: () => call("POST", "/api/next"),
    sync: () => call("POST", "/api/sync"),
  };
}
