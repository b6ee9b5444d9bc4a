/** What crosses between the screens and their host, as the application generates it. */
export type {
  AppState, Biometric, Card, Choice, ClaimView, Draft, DraftCheck, EnrolmentState, FieldError, HistoryItem, Home, KindView, Language, LockState,
  LockView, Found, Item, ItemKind, ItemState, Mark, OnItsWay, PassStock, PastAsk, PastEntry, PastFilter, PastPage, PhotoView, ProfileView, Qr, RequestView, Safety, Script, ServiceItem,
  Showing, ShowingMode, ShowingOutcome, Sign, SyncReport, TestCitizen, UiCode,
  UiError, Words,
} from "./bindings";
