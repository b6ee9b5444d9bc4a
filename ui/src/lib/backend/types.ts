/** What crosses between the screens and their host. Days are `YYYY-MM-DD`, times unix seconds, pictures `data:` URLs. */

export type Mark = "test" | "none";
export type Language = "en" | "ur" | "ps";
export type LockState = "empty" | "locked" | "open";
export type EnrolmentState = "none" | "draft" | "sent" | "enrolled";
export type Script = "latin" | "arabic" | "number" | "word";
export type ShowingMode = "timed" | "request";
export type ShowingOutcome = "shown" | "declined" | "refused";

/** Every code that a screen may have to put in words; `error-codes.test.ts` keeps texts and codes together. */
export const UI_CODES = [
  "vault_missing", "vault_exists", "locked", "wrong_pin", "pin_malformed", "wrong_device", "key_store_unavailable",
  "vault_damaged", "vault_too_new", "storage_failed",
  "draft_invalid", "required", "cnic_malformed", "wrong_script", "too_long", "date_malformed", "date_out_of_range",
  "too_young", "mobile_malformed", "district_unknown", "choice_unknown", "text_malformed", "photo_unreadable",
  "photo_too_large", "photo_too_small", "already_enrolled",
  "not_configured", "not_enrolled", "network_down", "network_timeout", "bad_answer", "trust_refused", "pass_refused",
  "photo_refused", "status_refused",
  "no_pass", "pass_expired", "request_needed", "showing_ended", "no_code_found", "not_a_request", "request_invalid",
  "request_expired", "request_over_asking", "request_uncheckable", "revoked",
] as const;

/** A stable name of what went wrong. Hosts may be newer than the screens, so any text is possible. */
export type UiCode = (typeof UI_CODES)[number] | (string & {});

export interface FieldError {
  field: string;
  code: UiCode;
}

export interface UiError {
  code: UiCode;
  retry_after_seconds: number | null;
  fields: FieldError[];
}

export interface AppState {
  mark: Mark;
  language: Language;
  lock: LockState;
  enrolment: EnrolmentState;
  enrolment_error: UiError | null;
  configured: boolean;
  wait_seconds: number | null;
}

export interface Draft {
  cnic: string;
  cnic_issued_on: string;
  name_en: string;
  name_ur: string;
  guardian_name_en: string;
  guardian_name_ur: string;
  guardian_relation: string;
  date_of_birth: string;
  gender: string;
  address: string;
  district: string;
  mobile: string;
  has_photo: boolean;
}

export interface DraftCheck {
  errors: FieldError[];
}

export interface PhotoView {
  data_url: string;
}

export interface SyncReport {
  changed: boolean;
  at: number;
}

export interface Home {
  card: Card | null;
  passes: PassStock[];
  last_sync_at: number | null;
  trust_as_of: number | null;
  status_as_of: number | null;
  revoked: boolean;
}

export interface Card {
  name_en: string;
  name_ur: string;
  cnic: string;
  photo_data_url: string | null;
  issued_on: string;
  expires_on: string;
  pattern: string;
  district: string | null;
}

export interface PassStock {
  vct: string;
  left: number;
  total: number;
  expires_on: string | null;
}

export interface Choice {
  vct: string;
  claims: ClaimView[];
  left: number;
}

export interface ClaimView {
  key: string;
  value: string | null;
  script: Script;
}

export interface Qr {
  size: number;
  path: string;
}

export interface Showing {
  id: number;
  vct: string;
  mode: ShowingMode;
  frames: Qr[];
  frame_ms: number;
  claims: ClaimView[];
  renew_in_ms: number;
  ends_in_ms: number;
  last_pass: boolean;
  check_code: string | null;
}

export interface RequestView {
  id: number;
  certified: boolean;
  name_en: string | null;
  name_ur: string | null;
  name_ps: string | null;
  purpose_en: string | null;
  purpose_ur: string | null;
  purpose_ps: string | null;
  ask: string;
  claims: ClaimView[];
  check_code: string;
  answerable: boolean;
  reason: UiCode | null;
  expires_at: number;
}

export interface HistoryItem {
  at: number;
  vct: string;
  mode: ShowingMode;
  desk_name_en: string | null;
  desk_name_ur: string | null;
  desk_name_ps: string | null;
  outcome: ShowingOutcome;
  reason: UiCode | null;
  claims: string[];
  last_pass: boolean;
}

export interface TestCitizen {
  draft: Draft;
  portrait: string;
}
