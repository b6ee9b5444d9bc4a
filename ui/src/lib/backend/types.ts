/** What crosses between the screens and their host, as the application generates it. */
export type {
  AppState, Card, Choice, ClaimView, Draft, DraftCheck, EnrolmentState, FieldError, HistoryItem, Home, KindView, Language, LockState,
  Found, Mark, PassStock, PastAsk, PastEntry, PastFilter, PastPage, PhotoView, Qr, RequestView, Script, ServiceItem, Showing, ShowingMode, ShowingOutcome, SyncReport, TestCitizen, UiCode,
  UiError, Words,
} from "./bindings";
