/** The loopback preview as host: the application's own commands behind HTTP. For development, never released. */
import type { Invoke } from "./bindings";
import { BackendError } from "./error";

export function previewInvoke(token: string): Invoke {
  return async <T>(command: string, args: Record<string, unknown> = {}): Promise<T> => {
    let response: Response;
    try {
      response = await fetch(`/invoke/${command}`, {
        method: "POST",
        headers: { "content-type": "application/json", "X-Khyber-Token": token },
        body: JSON.stringify(args),
        cache: "no-store",
        credentials: "omit",
      });
    } catch {
      throw new BackendError("host_gone");
    }
    const reply: unknown = await response.json().catch(() => null);
    if (typeof reply === "object" && reply !== null) {
      if ("ok" in reply) return reply.ok as T;
      if ("error" in reply) throw reply.error;
    }
    throw reply;
  };
}
