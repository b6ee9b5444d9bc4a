/** What crosses between the screens and their host, as the application generates it. */
export type {
  AnswerChoice, ApplicationLine, ApplicationStep, ApplicationView, AppState, AuditLine, AuditView, BackupFile, BackupPhrase, Biometric, Card, Child, Choice, ClaimView, CounterCode, DeadlineView, Draft, DraftCheck, Document, Documents, DocumentSort, DocumentState, DocumentView, Export, ExportEvent, ExportFile, ExportKind, ExportShowing, EnrolmentState, FieldError, FieldKind, FormChoice, FormField, FormPage, HistoryItem, Home, KindView, Language, LockState, LostPerson, LostTold,
  LockView, Found, Item, ItemKind, ItemState, Mark, MoveStep, MoveView, Moving, OnItsWay, PassStock, PastAsk, PastEntry, PastFilter, PastPage, Person, PhotoView, ProfileView, PutAway, Qr, RequestView, RestoredView, Safety, Script, NeededKind, ServiceItem, ServiceLine, Services, ServiceView,
  Showing, ShowingMode, ShowingOutcome, Sign, SyncReport, TestCitizen, UiCode,
  UiError, Words,
} from "./bindings";
