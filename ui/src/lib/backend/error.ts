/** What a failed command throws: a code for the texts, never a sentence and never personal data. */
import type { FieldError, UiError } from "./types";

export class BackendError extends Error {
  readonly code: string;
  readonly retryAfterSeconds: number | null;
  readonly fields: readonly FieldError[];

  constructor(error: UiError) {
    super(error.code);
    this.name = "BackendError";
    this.code = error.code;
    this.retryAfterSeconds = error.retry_after_seconds;
    this.fields = error.fields;
  }
}

/** Reads whatever a host rejected with. What is not one of our errors is `internal`. */
export function toBackendError(thrown: unknown): BackendError {
  if (thrown instanceof BackendError) return thrown;
  if (isUiError(thrown)) {
    return new BackendError({
      code: thrown.code,
      retry_after_seconds: thrown.retry_after_seconds ?? null,
      fields: Array.isArray(thrown.fields) ? thrown.fields : [],
    });
  }
  return new BackendError({ code: "internal", retry_after_seconds: null, fields: [] });
}

function isUiError(thrown: unknown): thrown is UiError {
  return typeof thrown === "object" && thrown !== null && "code" in thrown && typeof thrown.code === "string";
}
