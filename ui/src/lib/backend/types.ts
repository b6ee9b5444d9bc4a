/** What crosses between the screens and their host, as the application generates it. */
export type {
  AppState, Card, Choice, ClaimView, Draft, DraftCheck, EnrolmentState, FieldError, HistoryItem, Home, KindView, Language, LockState,
  Mark, PassStock, PhotoView, Qr, RequestView, Script, Showing, ShowingMode, ShowingOutcome, SyncReport, TestCitizen, UiCode,
  UiError, Words,
} from "./bindings";
