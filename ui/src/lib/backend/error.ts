/** What a failed command throws: a code for the texts, never a sentence and never personal data. */
import type { FieldError, UiCode } from "./bindings";

/** Codes that the screens add to those of the application: what can fail before a command reaches it. */
export type ScreenCode = "internal" | "host_gone";

export class BackendError extends Error {
  readonly code: UiCode | ScreenCode;
  readonly retryAfterSeconds: number | null;
  readonly fields: readonly FieldError[];

  constructor(code: UiCode | ScreenCode, retryAfterSeconds: number | null = null, fields: readonly FieldError[] = []) {
    super(code);
    this.name = "BackendError";
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.fields = fields;
  }
}

/** Reads whatever a host rejected with. What is not one of our errors is `internal`. */
export function toBackendError(thrown: unknown): BackendError {
  if (thrown instanceof BackendError) return thrown;
  if (!isUiError(thrown)) return new BackendError("internal");
  return new BackendError(thrown.code, thrown.retry_after_seconds ?? null, Array.isArray(thrown.fields) ? thrown.fields : []);
}

/** An error of the application. A newer host may know more codes: the texts have an answer to any. */
function isUiError(thrown: unknown): thrown is { code: UiCode; retry_after_seconds?: number | null; fields?: FieldError[] } {
  return typeof thrown === "object" && thrown !== null && "code" in thrown && typeof thrown.code === "string";
}
