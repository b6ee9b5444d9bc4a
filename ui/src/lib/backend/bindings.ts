// Written by a test from the app's commands; `KHYBER_BLESS=1 cargo test -p khyber-pass bindings` writes it again.

/** Calls one command of the app; rejects with a `UiError`. */
export type Invoke = <T>(command: string, args?: Record<string, unknown>) => Promise<T>;

/** Every command, over any way of calling one. */
export const commandsOver = (invoke: Invoke) => ({
  /** What the whole app shows. */
  appState: () => invoke<AppState>("app_state"),
  /** Sets the language of the screens. */
  setLanguage: (language: Language) => invoke<AppState>("set_language", { language }),
  /** Makes the first profile of this phone and opens it. */
  createVault: (pin: string) => invoke<AppState>("create_vault", { pin }),
  /** Opens the vault of this profile, or of the only one. */
  unlock: (pin: string, profile: string | null) => invoke<AppState>("unlock", { pin, profile }),
  /** Closes the vault. */
  lock: () => invoke<AppState>("lock"),
  /** The lock screen: profiles by their signs, and what it has to say before anybody types a PIN. */
  lockScreen: () => invoke<LockView>("lock_screen"),
  /** Opens the vault of this profile by finger or face; the system asks for it. */
  unlockBiometric: (profile: string) => invoke<AppState>("unlock_biometric", { profile }),
  /** Whether a PIN may be chosen. */
  checkPin: (pin: string) => invoke<null>("check_pin", { pin }),
  /** Makes one more profile and opens it. */
  addProfile: (sign: Sign, pin: string) => invoke<AppState>("add_profile", { sign, pin }),
  /** Removes a profile with everything in it. */
  forgetProfile: (profile: string) => invoke<AppState>("forget_profile", { profile }),
  /** Somebody uses the screens: the wallet stays open a while longer. `locked` where it closed meanwhile. */
  touch: () => invoke<null>("touch"),
  /** The screens came in sight or went out of it. */
  sight: (visible: boolean) => invoke<null>("sight", { visible }),
  /** What was chosen. */
  safety: () => invoke<Safety>("safety"),
  /** Another PIN in place of the old one. */
  changePin: (old: string, fresh: string) => invoke<null>("change_pin", { old, fresh }),
  /** Lets finger or face open the profile, which needs the PIN; without a PIN it is turned off. */
  setBiometric: (pin: string | null) => invoke<Safety>("set_biometric", { pin }),
  /** After how many seconds without use the wallet locks. */
  setAutoLock: (seconds: number) => invoke<Safety>("set_auto_lock", { seconds }),
  /** Whether 20 wrong PINs remove the profile. */
  setWipe: (wipe: boolean) => invoke<Safety>("set_wipe", { wipe }),
  /** The sign on the lock screen. */
  setSign: (sign: Sign) => invoke<Safety>("set_sign", { sign }),
  /** What was typed so far. */
  draft: () => invoke<Draft>("draft"),
  /** Keeps what was typed, right or wrong, and says what is wrong. */
  saveDraft: (draft: Draft) => invoke<DraftCheck>("save_draft", { draft }),
  /** Keeps a photo: a picture file in base64 or as a `data:` URL. */
  setPhoto: (bytes: string) => invoke<PhotoView>("set_photo", { bytes }),
  /** The photo that was kept. */
  photo: () => invoke<PhotoView | null>("photo"),
  /**
   *  Sends the enrolment and fetches what comes of it; goes on where it was interrupted. `code`: what came to the citizen's
   *  SIM, once it was asked for.
   */
  enrol: (code: string | null) => invoke<AppState>("enrol", { code }),
  /** What this phone shows at a counter, to be enrolled there; from then on a sync asks whether it was. */
  showAtCounter: () => invoke<CounterCode>("show_at_counter"),
  /** Fetches what is new: trust list, status data, passes. */
  sync: () => invoke<SyncReport>("sync"),
  /** What is on its way between this phone and the province. */
  onItsWay: () => invoke<OnItsWay>("on_its_way"),
  /** Queues another mobile number; it is sent as soon as there is a network. */
  changeMobile: (mobile: string) => invoke<OnItsWay>("change_mobile", { mobile }),
  /**
   *  Queues that the phone of this person is lost. `photo` is a picture file in base64 or as a `data:` URL, `instead` the
   *  refused report whose place this one takes.
   */
  reportLost: (person: Draft, photo: string, instead: number | null) => invoke<OnItsWay>("report_lost", { person, photo, instead }),
  /** Puts away what was answered, or takes back what cannot have been done. */
  discardErrand: (id: number) => invoke<OnItsWay>("discard_errand", { id }),
  /** Sends no more what was sent several times without an answer. */
  giveUpErrand: (id: number) => invoke<OnItsWay>("give_up_errand", { id }),
  /** Whether large files come over a metered network too, and whether the app syncs while nobody looks. */
  setSyncLimits: (onMetered: boolean, inBackground: boolean) => invoke<OnItsWay>("set_sync_limits", { onMetered, inBackground }),
  /** What the page knows of the connection, and whether anybody looks at it: another network is another chance. */
  noteNetwork: (metered: boolean, background: boolean) => invoke<null>("note_network", { metered, background }),
  /** Takes over the enrolment of the person's phone before, with what was typed. `code` as for an enrolment. */
  rebind: (code: string | null) => invoke<AppState>("rebind", { code }),
  /** Begins anew on a phone that the province does not take any more. */
  startOver: () => invoke<AppState>("start_over"),
  /** What is wrong with a person who is typed in and not kept; `has_photo` counts as it is told. */
  checkPerson: (person: Draft) => invoke<DraftCheck>("check_person", { person }),
  /** A picture as it would be sent, kept nowhere: a picture file in base64 or as a `data:` URL. */
  preparePhoto: (bytes: string) => invoke<PhotoView>("prepare_photo", { bytes }),
  /** Tells the province at once that the phone of this person is lost; nothing of it is kept on this one. */
  tellLost: (person: Draft, photo: string) => invoke<LostTold>("tell_lost", { person, photo }),
  /** Forgets what was told of a lost phone. */
  forgetLost: () => invoke<null>("forget_lost"),
  /** The person of a report that the province refused, to be mended. */
  lostPerson: (id: number) => invoke<LostPerson | null>("lost_person", { id }),
  /** Sends again, as it is, what was refused for a reason that passes by itself. */
  retryErrand: (id: number) => invoke<OnItsWay>("retry_errand", { id }),
  /** The home screen. */
  home: () => invoke<Home>("home"),
  /** What may be shown without a request. */
  timedChoices: () => invoke<Choice[]>("timed_choices"),
  /** Begins to show a pass that renews itself. */
  showTimed: (vct: string, audience: string | null) => invoke<Showing>("show_timed", { vct, audience }),
  /** The codes to show now. */
  showingFrames: (id: number) => invoke<Showing>("showing_frames", { id }),
  /** Ends a showing. */
  endShowing: (id: number) => invoke<null>("end_showing", { id }),
  /** Reads a desk's request from a picture file in base64 or as a `data:` URL. */
  readRequestPicture: (bytes: string) => invoke<RequestView>("read_request_picture", { bytes }),
  /** Reads a desk's request from a camera frame: base64 of one byte per pixel. Nothing, if there is no code in it. */
  readRequestFrame: (width: number, height: number, luma: string) => invoke<RequestView | null>("read_request_frame", { width, height, luma }),
  /** Reads a desk's request from its text. */
  readRequestText: (text: string) => invoke<RequestView>("read_request_text", { text }),
  /** Answers a request that was read. */
  answerRequest: (id: number, no: number | null) => invoke<Showing>("answer_request", { id, no }),
  /** Says no to a request that was read. */
  declineRequest: (id: number) => invoke<null>("decline_request", { id }),
  /** A page of the past, the newest first. */
  past: (ask: PastAsk) => invoke<PastPage>("past", { ask }),
  /** Forgets one row of the past. */
  forgetPast: (id: string) => invoke<null>("forget_past", { id }),
  /** Forgets the past from a moment on and before another (unix seconds), and says how many rows that were. */
  forgetPastBetween: (from: number, before: number) => invoke<number>("forget_past_between", { from, before }),
  /** What this phone keeps of the province's audit log about this citizen. */
  audit: () => invoke<AuditView>("audit"),
  /** Asks the province for the newest entries, or for the page behind the oldest that is kept. */
  askAudit: (earlier: boolean) => invoke<AuditView>("ask_audit", { earlier }),
  /** The services, by office: all of them, or those that the words of the query name. */
  services: (query: string) => invoke<Services>("services", { query }),
  /** One service. */
  service: (id: string) => invoke<ServiceView | null>("service", { id }),
  /** Every application, the one that changed last first. */
  applications: () => invoke<ApplicationLine[]>("applications"),
  /** One application with its form. */
  application: (id: number) => invoke<ApplicationView>("application", { id }),
  /** Begins an application for a service, or goes on with its draft. */
  beginApplication: (service: string) => invoke<ApplicationView>("begin_application", { service }),
  /** Begins the appeal against an application that is late or was refused, already filled in. */
  beginAppeal: (id: number, story: string) => invoke<ApplicationView>("begin_appeal", { id, story }),
  /** Keeps what was typed (a JSON object by ids of fields) and says what is still wrong. */
  saveApplication: (id: number, typed: string) => invoke<FieldError[]>("save_application", { id, typed }),
  /** Queues a whole application; it is sent as soon as there is a network. */
  submitApplication: (id: number) => invoke<ApplicationView>("submit_application", { id }),
  /** Takes an application back, here or at the office. */
  takeBackApplication: (id: number) => invoke<ApplicationView>("take_back_application", { id }),
  /** Forgets a draft, or an application that is over. */
  deleteApplication: (id: number) => invoke<null>("delete_application", { id }),
  /** Everything that this vault holds, by person. */
  documents: () => invoke<Documents>("documents"),
  /** Deletes a document from this phone. */
  deleteDocument: (id: string) => invoke<null>("delete_document", { id }),
  /** Wants a deleted document back; the next sync draws it. */
  wantDocument: (id: string) => invoke<null>("want_document", { id }),
  /** What the citizen takes out: everything, or one document with its past. */
  export: (only: string | null) => invoke<Export>("export", { only }),
  /** Writes it where the citizen's files are: the page that the screen made of it, or, without one, data. */
  writeExport: (only: string | null, page: string | null) => invoke<ExportFile>("write_export", { only, page }),
  /** Draws the phrase of a new backup. */
  makePhrase: () => invoke<BackupPhrase>("make_phrase"),
  /** Writes the backup file, given the two words that were asked for, and reads it again. */
  makeBackup: (two: string[]) => invoke<BackupFile>("make_backup", { two }),
  /** Forgets the phrase. */
  forgetPhrase: () => invoke<null>("forget_phrase"),
  /** Words of the list that begin with what was typed. */
  completeWord: (typed: string) => invoke<Words[]>("complete_word", { typed }),
  /** Puts what is in a backup file (base64 or a `data:` URL) into this new wallet. */
  restoreBackup: (bytes: string, phrase: string) => invoke<AppState>("restore_backup", { bytes, phrase }),
  /** What this wallet has of the phone before. */
  restored: () => invoke<RestoredView | null>("restored"),
  /** Begins to receive what another phone has. */
  beginReceiving: () => invoke<MoveView>("begin_receiving"),
  /** Where a move stands. */
  moveView: () => invoke<MoveView>("move_view"),
  /** Reads a code of the other phone from a picture file in base64 or as a `data:` URL. */
  readMovePicture: (bytes: string) => invoke<MoveView>("read_move_picture", { bytes }),
  /** Reads a code of the other phone from a camera frame: base64 of one byte per pixel. Nothing, if there is no code in it. */
  readMoveFrame: (width: number, height: number, luma: string) => invoke<MoveView | null>("read_move_frame", { width, height, luma }),
  /** The citizen says that both phones show the same words. */
  wordsAgree: () => invoke<MoveView>("words_agree"),
  /** Ends this phone's part of a move. */
  endMove: () => invoke<AppState>("end_move"),
  /** Invented people to try the app with; none unless the test mark is shown. */
  testCitizens: () => invoke<TestCitizen[]>("test_citizens"),
});

/* Constants */
export const AUDIT_ACTIONS = ["enrolled","passes_issued","signed","document_granted","document_withdrawn","document_handed_over","document_printed","card_printed","document_consumed","suspended","resumed","found_done","revoked","bulk_proposed","bulk_approved","bulk_cancelled","bulk_done","officer_invited","officer_ended","passkey_registered","signed_in","released","mobile_changed","proof_raised","device_key_changed","device_replaced","wallet_disabled","application_changed","application_read","audit_opened","proofed","published","key_made","key_retired","key_withdrawn","counter_certified","counter_ended","system_key_added","system_key_ended","webhook_set","webhook_ended","webhook_redelivered","dispatch_settled","restored","denied"] as const;

export const AUDIT_ROLES = ["citizen","operator","officer","counter","system","province","nobody"] as const;

export const UI_CODES = ["vault_missing","vault_exists","locked","wrong_pin","pin_malformed","pin_too_easy","pin_wait","profile_wiped","profile_unknown","sign_taken","biometric_unavailable","biometric_refused","wrong_device","key_store_unavailable","vault_damaged","vault_too_new","already_open","storage_failed","storage_full","storage_read_only","fields_invalid","field_missing","cnic_malformed","field_too_long","name_wrong_script","date_malformed","date_impossible","mobile_malformed","choice_unknown","photo_missing","too_young","field_too_short","text_malformed","code_malformed","number_malformed","number_out_of_range","email_malformed","iban_malformed","vehicle_malformed","place_malformed","declaration_missing","list_too_short","list_too_long","field_unknown","document_missing","photo_unreadable","photo_too_large","photo_too_small","enrolment_underway","device_signature","device_clock","device_unknown","device_replaced","wallet_disabled","already_enrolled","device_taken","nadra_not_matched","nadra_expired","nadra_blocked","nadra_deceased","nadra_not_found","nadra_unavailable","sim_code_needed","sim_code_wrong","sim_code_expired","too_many_attempts","person_revoked","person_suspended","server_busy","server_fault","app_refused","not_configured","not_enrolled","lost_not_enrolled","lost_newer_wallet","errand_damaged","still_underway","province_pause","network_down","network_timeout","answer_invalid","trust_refused","types_refused","pass_refused","photo_refused","status_refused","catalogue_refused","application_gone","applications_too_many","application_changed","application_unknown","form_unknown","form_invalid","service_unknown","no_pass","pass_expired","request_needed","showing_ended","no_code_found","not_a_request","request_invalid","request_gone","request_over_asking","desk_unknown","desk_untrusted","document_gone","document_stays","export_invalid","phrase_malformed","phrase_word_unknown","phrase_digit_wrong","phrase_not_confirmed","phrase_gone","not_a_backup","backup_damaged","backup_too_new","backup_too_large","backup_wrong_phrase","restore_not_empty","restored_not_bound","nothing_to_move","move_code_wrong","move_code_another","move_too_new","move_too_large","move_damaged","move_changed","move_errands_wait","move_gone"] as const;

/* Types */
/** One of several documents that answer a request. */
export type AnswerChoice = {
  /** Whose: 0 is the citizen's own. */
  no: number,
  /** The child, if it is one's. */
  child: Child | null,
  /** What the desk would learn. */
  claims: ClaimView[],
};

/** What the whole application shows, whatever the screen. */
export type AppState = {
  /** The mark that every screen carries. */
  mark: Mark,
  /** The language of the screens. */
  language: Language,
  /** Whether there is a vault and whether it is open. */
  lock: LockState,
  /** How far the enrolment is. `None` while the vault is locked: a locked phone tells nothing. */
  enrolment: EnrolmentState,
  /** Why the last enrolment ended or is waiting, for a sentence beside its next step. */
  enrolment_error: UiError | null,
  /** Whether this phone knows its province's address. */
  configured: boolean,
  /** Seconds until the province may be asked again, when it asked for a pause. */
  wait_seconds: number | null,
  /** Whether this wallet came from another phone, or went to one. `none` while the vault is locked. */
  moving: Moving,
};

/** An application in a list. */
export type ApplicationLine = {
  /** Names it on this phone. */
  id: number,
  /** The service of the catalogue. */
  service: string,
  /** What the service is called; empty texts if the catalogue on this phone does not have it (any more). */
  name: Words,
  /** Who has it. */
  office: Words,
  /** Where it stands. */
  state: ApplicationStep,
  /** Since when. */
  at: number,
  /** By when the law wants it done, while it is open and a source says so. */
  deadline: DeadlineView | null,
};

/** Where an application stands. */
export type ApplicationStep =
/** It is being filled. */
"draft" |
/** It is whole, and waits on this phone to be sent. */
"queued" |
/** It was sent, and the province's answer is outstanding. */
"sent" |
/** The province did not take it: something is to be mended. */
"not_taken" |
/** The office has it. */
"submitted" |
/** The office is at work on it. */
"in_review" |
/** The office waits for something from the citizen. */
"information_wanted" |
/** The office waits for a fee. */
"payment_due" |
/** It is granted. */
"approved" |
/** It is refused. */
"rejected" |
/** The citizen took it back. */
"withdrawn" |
/** It is done, and the document is in the wallet. */
"document_issued" |
/** It is done. */
"closed" |
/** A state that a newer province knows. */
"other";

/** One application with its form. */
export type ApplicationView = {
  /** What lists show of it. */
  line: ApplicationLine,
  /** What was typed: a JSON object by ids of fields. */
  typed: string,
  /** Fields that the wallet filled. */
  filled: FilledField[],
  /** The form; empty if the catalogue on this phone has none that this version can show. */
  pages: FormPage[],
  /** What is missing or wrong in what was typed; empty when it can be sent. */
  errors: FieldError[],
  /** Why the province did not take it, or what the last try met. */
  error: UiError | null,
  /** What is brought or attached. */
  documents: NeededView[],
  /** Whether a source says so of these documents. */
  documents_sourced: boolean,
  /** What happens after it is sent, in order. */
  steps: Words[],
  /** What it costs, where a source says it. */
  fee_rupees: number | null,
  /** Whether something is paid. */
  pays: boolean,
  /** How long the law lets it take, where a source says it. */
  limit: LimitView | null,
  /** Who decides. */
  authority: Words,
  /** Where they are. */
  place: Words,
  /** When the office got it. */
  submitted_at: number | null,
  /** The service by which an appeal is made, once that makes sense: it is late, or was refused. */
  appeal: ServiceLine | null,
  /** Whether it is an appeal against another application. */
  is_appeal: boolean,
  /** Why it was refused, in the province's word. */
  reason: string | null,
  /** What the office said last. */
  said: string | null,
  /** The fee that is or was due, in rupees, as the office assessed it. */
  due_rupees: number | null,
  /** The challan by which the office noted it as paid. */
  challan: string | null,
  /** Whether it can be changed: it is a draft, or was not taken. */
  can_change: boolean,
  /** Whether it can be taken back: it waits here, or is open at the office. */
  can_take_back: boolean,
};

/** One entry of the log. */
export type AuditLine = {
  /** Its number in the log of all, as text: it may be larger than a screen's numbers. */
  number: string,
  /** When. */
  at: number,
  /** What kind of actor: a word of the constant `AUDIT_ROLES`, or one of a newer province. */
  role: string,
  /** Which of them, as the log names them: an officer's or a system's id, a desk. Absent where the role says it. */
  actor: string | null,
  /** What was done: a word of the constant `AUDIT_ACTIONS`, or one of a newer province. */
  action: string,
  /** Which pass or document, if it is about one. */
  vct: string | null,
  /** What that is called. */
  pass: KindView | null,
  /** The child whose it is; absent for the citizen's own. */
  child: Child | null,
  /** How many passes were drawn or signed, where the log says so. */
  count: number | null,
};

/** What the province's log says about this citizen, as far as this phone keeps it. */
export type AuditView = {
  /** When the newest were asked for. Absent: never. */
  asked_at: number | null,
  /** The newest first. */
  lines: AuditLine[],
  /** The province has earlier ones that can be asked for. */
  more: boolean,
  /** The province has earlier ones, and this phone keeps no more. */
  full: boolean,
};

/** A backup file that was written, read and opened again. */
export type BackupFile = {
  /** Its name, which says nothing of whose it is. */
  name: string,
  /** The folder that it was put into. */
  folder: string,
  /** How many documents are in it. */
  documents: number,
  /** How many lines of history are in it. */
  history: number,
};

/** The phrase of a backup that is being made: shown once, kept nowhere. */
export type BackupPhrase = {
  /** The six words, each in three languages. */
  words: Words[],
  /** The same secret as 20 digits in four groups. */
  digits: string,
  /** The places of the two words that are asked for before the file is made, from 1. */
  ask: number[],
};

/** Opening by finger or face. */
export type Biometric =
/** This phone has no sensor that the wallet can use, or nobody is enrolled at it. */
"absent" |
/** It could. */
"off" |
/** It does. */
"on";

/** The citizen's card, for the citizen's own screen. */
export type Card = {
  /** Name in Latin script. */
  name_en: string,
  /** Name in Urdu script. */
  name_ur: string,
  /** The whole CNIC, `12345-1234567-1`: this is its holder's screen. */
  cnic: string,
  /** The photo that the province signed. */
  photo_data_url: string | null,
  /** `YYYY-MM-DD`. */
  issued_on: string,
  /** `YYYY-MM-DD`. */
  expires_on: string,
  /** SHA-256 of the identity credential in hexadecimal; the card's pattern is drawn from it. */
  pattern: string,
  /** Identifier of the district; the screen has its names. */
  district: string | null,
};

/** What the status data say of an identity. */
export type CardStanding =
/** Nothing against it, as far as the phone knows. */
"valid" |
/** Suspended for now; it may be lifted. */
"suspended" |
/** Revoked for good. */
"revoked";

/** A child whose document this is. */
export type Child = {
  /** Its number with this citizen, from 1: the same for all kinds of documents. */
  no: number,
  /** What it is called in Latin letters; empty as long as nothing of it came here. */
  name_en: string,
  /** The same in Urdu; empty where its documents do not say it. */
  name_ur: string,
};

/** Something that may be shown without a request from the desk. */
export type Choice = {
  /** Kind of pass, such as `age`. */
  vct: string,
  /** What it is called. */
  kind: KindView,
  /** What the desk will learn. */
  claims: ClaimView[],
  /** Passes never shown; 0 means that the last one is shown again. */
  left: number,
};

/** One claim, ready to be put in words. */
export type ClaimView = {
  /** Name of the claim in the type register, such as `over_18`, `district`, `name_en`. */
  key: string,
  /** What it is, in words. */
  label: Words,
  /**
   *  Its value: text, `true`/`false`, `YYYY-MM-DD`, or an identifier (district) to be named by the
   *  screen. `None` when the claim is only asked for and this phone holds no value.
   */
  value: string | null,
  /** The value in words, where the type register has them. */
  words: Words | null,
  /** How the value is to be laid out. */
  script: Script,
};

/** What a phone shows at a counter, to be enrolled there or raised to what a counter proves. */
export type CounterCode = {
  /** The phone's device key. */
  qr: Qr,
  /** Letters that follow from it: the officer's screen shows the same. */
  letters: string,
  /** Whether the identity pass in this phone says that its holder was proven at a counter. */
  is_proven: boolean,
};

/** By when an office has to be done. */
export type DeadlineView = {
  /** The last day, `YYYY-MM-DD`. */
  on: string,
  /** Days that are left, 0 on the last; below 0 the days since. */
  left: number,
  /** Whether those that are left are days on which offices work. */
  working: boolean,
  /** Whether a feast that the moon decides may move it. */
  provisional: boolean,
};

/** One document, pass or identity. */
export type Document = {
  /** Names it in this vault. */
  id: string,
  /** Its kind, such as `domicile`. */
  vct: string,
  /** What it is called. */
  kind: KindView,
  /** Which of three sorts it is. */
  sort: DocumentSort,
  /** Who signed it, in the trust list's words. Absent when no key of that list did. */
  issuer: string | null,
  /** The issuer's short name on the wire, such as `PK-KP`. */
  iss: string,
  /** Day on which this copy was signed, `YYYY-MM-DD`. */
  issued_on: string,
  /** Last day on which it holds, `YYYY-MM-DD`. */
  valid_until: string,
  /** Whether it can be shown. */
  state: DocumentState,
  /** When this phone learned that it ended at the province. */
  ended_at: number | null,
  /** Copies never shown. */
  left: number,
  /** Whether it may be shown without a desk's request. */
  timed: boolean,
  /** Whether [`Documents::photo_data_url`] is its photo. */
  photo: boolean,
  /** Whether the citizen can delete it by itself. */
  can_delete: boolean,
  /** What it says. */
  claims: ClaimView[],
};

/** Sorts of what a vault holds. */
export type DocumentSort =
/** The card itself. */
"identity" |
/** What the province granted to this person. */
"document" |
/** What everybody has, to be shown instead of a document. */
"pass";

/** Whether a document can be shown. */
export type DocumentState =
/** It can. */
"shows" |
/** Suspended for now; it may be lifted. */
"suspended" |
/** Only to look at: its key is on the phone before, or the province does not take this wallet any more. */
"look_only" |
/** Its last day is over. */
"ended" |
/** The province granted it anew; this is how it was before. */
"replaced" |
/** The province withdrew it. */
"withdrawn";

/** A document to look at; it cannot be shown to a desk from here. */
export type DocumentView = {
  /** Kind of pass. */
  vct: string,
  /** What it is called. */
  kind: KindView,
  /** The child whose it is; absent for the citizen's own. */
  child: Child | null,
  /** What it says. */
  claims: ClaimView[],
  /** Its last day, `YYYY-MM-DD`. */
  expires_on: string,
};

/** The identity, the documents and the passes on this phone. */
export type Documents = {
  /** By person: the citizen first, then each child. */
  people: Person[],
  /** What the citizen deleted from this phone and can have again. */
  put_away: PutAway[],
  /** The photo that the province signed. */
  photo_data_url: string | null,
  /** When the status data were issued that [`Document::state`] is from. */
  status_as_of: number | null,
  /** When the last sync ended. */
  last_sync_at: number | null,
};

/** What the citizen types. Everything is kept as typed, right or wrong. */
export type Draft = {
  /** 13 digits, with or without hyphens. */
  cnic: string,
  /** Day on which the CNIC was issued, `YYYY-MM-DD`. */
  cnic_issued_on: string,
  /** Name in Latin script. */
  name_en: string,
  /** Name in Urdu script. */
  name_ur: string,
  /** Father's or husband's name in Latin script. */
  guardian_name_en: string,
  /** Father's or husband's name in Urdu script. */
  guardian_name_ur: string,
  /** `father`, `husband`, or empty when not chosen yet. */
  guardian_relation: string,
  /** `YYYY-MM-DD`. */
  date_of_birth: string,
  /** `male`, `female`, `x`, or empty when not chosen yet. */
  gender: string,
  /** Address, one line or several. */
  address: string,
  /** Identifier of a district, such as `peshawar`. */
  district: string,
  /** Mobile number. */
  mobile: string,
  /** Whether a photo is stored. Ignored when a draft is saved. */
  has_photo: boolean,
};

/** What is still wrong with a draft that was saved. */
export type DraftCheck = {
  /** One entry for each field that is missing or wrong; empty when the draft can be sent. */
  errors: FieldError[],
};

/** How far the enrolment is. */
export type EnrolmentState =
/** Nothing was entered. */
"none" |
/** Something was entered and nothing was sent. */
"draft" |
/** The application was sent; its answer or its passes are outstanding. */
"sent" |
/** The province accepted the enrolment and the card is on the phone. */
"enrolled";

/** Something that happens in a life, and the services that it calls for. */
export type EventServices = {
  /** Names it in the catalogue. */
  id: string,
  /** What it is called. */
  name: Words,
  /** What it calls for, the first one first. */
  services: ServiceLine[],
};

/** Everything that is in the vault and belongs to its citizen; no key. */
export type Export = {
  /** `khyber-pass-export`. */
  format: string,
  /** 1. A reader refuses a higher one. */
  version: number,
  /** When it was made. */
  made_at: number,
  /** Whether it is from a test build: nothing in it is issued by the Government. */
  test: boolean,
  /** When the status data were issued that the documents' states are from. */
  status_as_of: number | null,
  /** When the last sync ended. */
  last_sync_at: number | null,
  /** Documents by person. */
  people: Person[],
  /** The photo that the province signed, as a `data:` URL. */
  photo_data_url: string | null,
  /** The newest copy of each document, as it was signed. */
  credentials: SignedCopy[],
  /** What these are verified with. */
  public: PublicSigned[],
  /** What was shown, the newest first. Values are never kept. */
  showings: ExportShowing[],
  /** What the province did, the newest first. */
  events: ExportEvent[],
  /** The names of all kinds and claims that the rest mentions by their keys. */
  kinds: ExportKind[],
};

/** A claim in words. */
export type ExportClaim = {
  /** The claim. */
  key: string,
  /** What it is called. */
  label: Words,
};

/** Something that the province did. */
export type ExportEvent = {
  /** When. */
  at: number,
  /** What, in the province's word. */
  kind: string,
  /** Which pass or document, if it is about one. */
  vct: string | null,
};

/** A file that was written. */
export type ExportFile = {
  /** Its name, which says nothing of whose it is. */
  name: string,
  /** The folder that it was put into. */
  folder: string,
};

/** A kind in words. */
export type ExportKind = {
  /** The kind. */
  vct: string,
  /** What it is called. */
  name: Words,
  /** What its claims are called. */
  claims: ExportClaim[],
};

/** One line of what was shown, or asked for and not shown. */
export type ExportShowing = {
  /** When. */
  at: number,
  /** Kind of pass. */
  vct: string,
  /** How. */
  mode: ShowingMode,
  /** What became of it. */
  outcome: ShowingOutcome,
  /** Why it was refused. */
  reason: UiCode | null,
  /** The certified desk. */
  desk: Words | null,
  /** The claims' keys. */
  claims: string[],
  /** The stock was used up and a pass was shown again. */
  last_pass: boolean,
};

/** A field and what is wrong with it. */
export type FieldError = {
  /** Name of the field, as in [`Draft`]; `photo` for the picture. */
  field: string,
  /** What is wrong. */
  code: UiCode,
};

/** What an answer is, and with that how it is asked. */
export type FieldKind =
/** A person's name. */
"name" |
/** A line. */
"text" |
/** Several lines. */
"long" |
/** A number that has letters. */
"code" |
/** Digits. */
"digits" |
/** A CNIC number. */
"cnic" |
/** A mobile number. */
"mobile" |
/** An e-mail address. */
"email" |
/** A bank account. */
"iban" |
/** A number plate. */
"vehicle" |
/** A day. */
"date" |
/** A whole number. */
"number" |
/** Rupees. */
"money" |
/** One of several. */
"choice" |
/** Some of several. */
"choices" |
/** Yes or no. */
"yes_no" |
/** A district. */
"district" |
/** A place on the map. */
"gps" |
/** Rows. */
"list" |
/** A sentence that is declared. */
"declare";

/** A field that the wallet filled. */
export type FilledField = {
  /** Which. */
  field: string,
  /** The document that it is from. */
  from: Words,
};

/** An answer of a choice. */
export type FormChoice = {
  /** Names it in what was typed. */
  id: string,
  /** What it is called. */
  name: Words,
};

/** A question. */
export type FormField = {
  /** Names it in what was typed. */
  id: string,
  /** What is asked; of a declaration, the sentence. */
  name: Words,
  /** A word of help. */
  help: Words | null,
  /** What an answer is. */
  kind: FieldKind,
  /** Whether it may be left empty. */
  optional: boolean,
  /** Asked only if this earlier field has one of these answers (`true` and `false` as words). */
  when: FormWhen | null,
  /** Most letters of a text, or rows of a list; 0 where it does not matter. */
  most: number,
  /** The answers of a choice. */
  choices: FormChoice[],
  /** What each row of a list asks. */
  rows: FormField[],
};

/** A page of a form: one subject. */
export type FormPage = {
  /** Its subject. */
  name: Words,
  /** What is asked. */
  fields: FormField[],
};

/** On which answers a question is asked. */
export type FormWhen = {
  /** The earlier field. */
  field: string,
  /** Its answers. */
  is: string[],
};

/** How words were found. */
export type Found =
/** As they were typed, or as another keyboard writes them. */
"written" |
/** By what they sound like: typed in Latin letters and written in Arabic ones, or the other way round. */
"sound";

/** A service that was searched for. */
export type FoundService = {
  /** Names it in the catalogue. */
  id: string,
  /** What it is called. */
  name: Words,
  /** What its office is called. */
  office: Words,
};

/** What a service needs and gives, and where to go. */
export type GuideView = {
  /** Who decides. */
  authority: Words,
  /** Where to go, in a sentence, for somebody without a phone. */
  place: Words,
  /** What to bring, in order. */
  documents: NeededView[],
  /** Whether a source says what to bring; else it is what is usual, to be confirmed with the department. */
  documents_sourced: boolean,
  /** What comes of it. */
  output: Words,
  /** Whether something is paid for it. */
  pays: boolean,
  /** Whether it is due again each year or period. */
  recurs: boolean,
  /** The service by which an appeal is made. Absent where no source says who hears it. */
  appeal: ServiceLine | null,
  /** Whether it can be applied for on this phone: the catalogue has a form that this version can show. */
  can_apply: boolean,
};

/** One past showing. What was in it is not kept, only which claims. */
export type HistoryItem = {
  /** When. */
  at: number,
  /** Kind of pass. */
  vct: string,
  /** What it is called. */
  kind: KindView,
  /** The child whose it is; absent for the citizen's own. */
  child: Child | null,
  /** How. */
  mode: ShowingMode,
  /** The certified desk's names; absent for an unknown desk and in timed mode. */
  desk_name_en: string | null,
  /** In Urdu. */
  desk_name_ur: string | null,
  /** In Pashto. */
  desk_name_ps: string | null,
  /** What became of it. */
  outcome: ShowingOutcome,
  /** Why it was refused. */
  reason: UiCode | null,
  /** The claims, never their values. */
  claims: ClaimView[],
  /** The stock was used up and a pass was shown again. */
  last_pass: boolean,
};

/** The home screen. */
export type Home = {
  /** The citizen's card; absent until the enrolment is complete. */
  card: Card | null,
  /** What is left of each kind of pass. */
  passes: PassStock[],
  /** When the last sync ended. */
  last_sync_at: number | null,
  /** When the trust list was issued. */
  trust_as_of: number | null,
  /** When the status data was issued. */
  status_as_of: number | null,
  /** What the status data say of this person's identity. */
  standing: CardStanding,
  /** What stands between this phone and showing anything. */
  trouble: Trouble,
};

/** Something that is on its way, or was. */
export type Item = {
  /** Names it, if it can be put away. */
  id: number | null,
  /** What it is. */
  what: ItemKind,
  /** How far it is. */
  state: ItemState,
  /** Which document, if it is one. */
  kind: KindView | null,
  /** The child whose it is; absent for the citizen's own. */
  child: Child | null,
  /** When that was decided, or answered. */
  at: number | null,
  /** What the last try brought, or why it was refused. */
  error: UiError | null,
  /** How often it was sent. */
  attempts: number,
  /** Whether the citizen can mend it and send it again. */
  can_mend: boolean,
  /** Whether it may be sent again as it is: nothing of what was given is wrong. */
  can_retry: boolean,
  /** Whether the citizen can put it away, or take it back: it was answered, or cannot have been done. */
  can_discard: boolean,
  /** Whether the citizen can give it up: it was sent several times, has no answer, and may have been done. */
  can_give_up: boolean,
  /** The number of a change of mobile number that is not done. */
  mobile: string | null,
  /** The application that it is about. */
  application: number | null,
};

/** What can be on its way. */
export type ItemKind =
/** The application. */
"enrolment" |
/** This phone takes the place of the one before. */
"rebind" |
/** Another mobile number. */
"mobile" |
/** A lost phone. */
"lost" |
/** New passes. */
"refill" |
/** A document. */
"document" |
/** An application for a public service. */
"application" |
/** Such an application is taken back. */
"withdrawal";

/** How far it is. */
export type ItemState =
/** Typed and not decided: on this phone only. */
"on_phone" |
/** Decided; it has not left the phone, or the province has done nothing of it yet. */
"waiting" |
/** It left the phone; the province has not answered. */
"sent" |
/** The province did it. */
"confirmed" |
/** The province did not do it and said why. */
"refused";

/** What a kind of pass or document is called, from the type register. Empty where the register does not have it. */
export type KindView = {
  /** Its name. */
  name: Words,
  /** Name of its picture. */
  icon: string,
};

/** The language of the screens. */
export type Language =
/** English. */
"en" |
/** Urdu. */
"ur" |
/** Pashto. */
"ps";

/** A legal time limit. */
export type LimitView = {
  /** How many days, 0 for the same one. */
  days: number,
  /** Whether only days count on which offices work. */
  working: boolean,
};

/** The state of the vault. */
export type LockState =
/** There is no vault on this phone yet. */
"empty" |
/** There is a vault; it needs the PIN. */
"locked" |
/** The vault is open. */
"open";

/** The lock screen: nothing on it tells whose phone this is. */
export type LockView = {
  /** The profiles of this phone. */
  profiles: ProfileView[],
  /** Signs that no profile has yet. */
  free_signs: Sign[],
  /** This build keeps its keys in a plain file, so that a PIN protects nothing against copying. Never true in a release. */
  unprotected: boolean,
};

/** The person of a report that was refused, to be mended. */
export type LostPerson = {
  /** As it was typed. */
  person: Draft,
  /** The picture that was sent, as a `data:` URL. */
  photo: string,
};

/** That the province disabled the wallet of a lost phone. */
export type LostTold = {
  /** Since when it is disabled, by the province's clock. */
  disabled_at: number,
};

/** The mark on every screen. */
export type Mark =
/** "Test, not issued by the Government": the pinned roots are the public test roots. */
"test" |
/** No mark: the roots are real. */
"none";

/** What is to be done now. */
export type MoveStep =
/** New phone: its key is shown; the old phone's is awaited. */
"offer" |
/** New phone: the words are compared and frames are awaited. */
"receive" |
/** New phone: everything is stored; the old phone reads the confirmation. */
"confirm" |
/** Old phone: the new phone's key is awaited. */
"scan" |
/** Old phone: its key is shown and the words are compared. */
"compare" |
/** Old phone: the content is played; the confirmation is awaited. */
"play" |
/** Old phone: everything has moved. */
"done";

/** Where a move between two phones stands, on either of them. */
export type MoveView = {
  /** What is to be done now. */
  step: MoveStep,
  /** The codes to show: one that stands still, or frames to play in a loop. */
  codes: Qr[],
  /** How long each of several codes stays. */
  frame_ms: number,
  /** The words that both phones show, for the citizen to compare. */
  words: Words[],
  /** Frames that are here. */
  have: number,
  /** Frames that it takes; 0 as long as nobody knows. */
  needed: number,
};

/** Whether this wallet came from another phone, or went to one. */
export type Moving =
/** Neither. */
"none" |
/** Everything was received, and the old phone has not read the confirmation yet. */
"confirming" |
/** It holds what another phone had, to look at; the province has not bound it yet. */
"restored" |
/** A move to another phone began here; everything is still here. */
"leaving" |
/** Everything moved to another phone, and nothing is here. */
"moved";

/** What it is that citizens bring. */
export type NeededKind =
/** A certificate or another paper. */
"paper" |
/** What says who somebody is. */
"identity" |
/** A photograph of a person. */
"photo" |
/** What is filled in or signed. */
"form" |
/** The receipt of what was paid. */
"payment" |
/** No paper: a number, a date, an address. */
"detail" |
/** Something else that is brought along. */
"thing" |
/** What this version does not know. */
"other";

/** Something that citizens bring. */
export type NeededView = {
  /** What it is called. */
  name: Words,
  /** What it is. */
  kind: NeededKind,
};

/** An office and its services. */
export type OfficeServices = {
  /** Names it in the catalogue. */
  id: string,
  /** What it is called. */
  name: Words,
  /** What it does, in the catalogue's order. */
  services: ServiceLine[],
};

/** The screen "What is on its way". */
export type OnItsWay = {
  /** One line each, what needs the citizen first. */
  items: Item[],
  /** When the last sync ended. */
  last_sync_at: number | null,
  /** When the trust list was issued. */
  trust_as_of: number | null,
  /** When the status data was issued. */
  status_as_of: number | null,
  /** Seconds until the next try; `None` when there is none to be made. */
  next_try_in: number | null,
  /** Large files were left for a network that costs nothing. */
  waits_for_free_network: boolean,
  /** Large files on a metered network too. */
  on_metered: boolean,
  /** Sync while nobody looks. */
  in_background: boolean,
  /** The mobile number that the province has, if this phone gave it. */
  mobile: string | null,
};

/** What is left of one kind of pass. */
export type PassStock = {
  /** Kind of pass, such as `age`. */
  vct: string,
  /** What it is called. */
  kind: KindView,
  /** The child whose it is; absent for the citizen's own. */
  child: Child | null,
  /** Whether it is a document that the province granted, and not a pass that everybody has. */
  document: boolean,
  /** Passes never shown and not expired. */
  left: number,
  /** Passes on the phone, shown ones included, that are not expired. */
  total: number,
  /** Last day of the passes that are left, `YYYY-MM-DD`. */
  expires_on: string | null,
};

/** What of the past is wanted. */
export type PastAsk = {
  /** Words as typed, in any script; empty for everything. */
  words: string,
  /** Which rows. */
  filter: PastFilter,
  /** Only what is about this kind of pass or document. */
  vct: string | null,
  /** [`PastPage::next`] of the page before; absent for the first. */
  before: string | null,
};

/** One row of the past. */
export type PastEntry = {
  /** Names the row, to delete it. */
  id: string,
  /** When. */
  at: number,
  /** What was shown, or asked for and not shown. */
  showing: HistoryItem | null,
  /** What the province did, where nothing was shown. */
  service: ServiceItem | null,
  /** How it was found, when words were asked for. */
  found: Found | null,
};

/** Which rows of the past. */
export type PastFilter =
/** All of them. */
"all" |
/** What was shown to a desk. */
"shown" |
/** What was asked for and not shown: declined or refused. */
"not_shown" |
/** What the province did. */
"service";

/** A page of the past, the newest first. */
export type PastPage = {
  /** The rows. */
  entries: PastEntry[],
  /** Where the next page begins; absent on the last one. */
  next: string | null,
};

/** Somebody whose documents are on this phone. */
export type Person = {
  /** Whether it is the citizen whose phone this is. */
  own: boolean,
  /** Name in Latin script. */
  name_en: string,
  /** Name in Urdu script. */
  name_ur: string,
  /** A child's day of birth, `YYYY-MM-DD`, if a document says it. */
  born_on: string | null,
  /** The identity first, then documents, then passes; what ended comes last. */
  documents: Document[],
};

/** The stored photo. */
export type PhotoView = {
  /** JPEG of 480 × 640 pixels as a `data:` URL. */
  data_url: string,
};

/** One profile on the lock screen. */
export type ProfileView = {
  /** Random name, for `unlock`. */
  id: string,
  /** The picture that its owner chose. */
  sign: Sign,
  /** Seconds until a PIN may be tried; 0 when it may be now. */
  wait_seconds: number,
  /** Whether a finger or a face opens it. */
  biometric: boolean,
};

/** One public file of the province. */
export type PublicSigned = {
  /** `trust-list`, `type-register`, or a list that changed the roots. */
  name: string,
  /** Its bytes in base64url without padding. */
  bytes: string,
};

/** A document that the citizen deleted from this phone. */
export type PutAway = {
  /** Names it, to have it again. */
  id: string,
  /** What its kind is called. */
  kind: KindView,
  /** The child whose it is; absent for the citizen's own. */
  child: Child | null,
  /** When it was deleted. */
  at: number,
};

/** A QR code as one SVG path on a grid of modules. */
export type Qr = {
  /** Width and height in modules, without the quiet zone. */
  size: number,
  /** The dark modules, for `<path d="…">` with `viewBox="0 0 size size"`. */
  path: string,
};

/** A desk's request, before the citizen agrees to it. */
export type RequestView = {
  /** Names this request until it is answered or declined. */
  id: number,
  /** Whether the desk proved its name with a certificate of the province. */
  certified: boolean,
  /** The desk's name in English; absent when nobody vouches for one. */
  name_en: string | null,
  /** The desk's name in Urdu. */
  name_ur: string | null,
  /** The desk's name in Pashto. */
  name_ps: string | null,
  /** What the desk does with the answer, in English. */
  purpose_en: string | null,
  /** What the desk does with the answer, in Urdu. */
  purpose_ur: string | null,
  /** What the desk does with the answer, in Pashto. */
  purpose_ps: string | null,
  /** Kind of pass asked for. */
  ask: string,
  /** What it is called. */
  kind: KindView,
  /** What the desk would learn, of the first of the choices. */
  claims: ClaimView[],
  /** Whose documents would answer it, the citizen's own first. More than one: the citizen says which. */
  choices: AnswerChoice[],
  /** Two digits to compare with the desk's screen before agreeing. */
  check_code: string,
  /** Whether the phone can answer. */
  answerable: boolean,
  /** Why it cannot. */
  reason: UiCode | null,
  /** When the request ends, by the desk's clock. */
  expires_at: number,
};

/** A wallet that came from another phone. */
export type RestoredView = {
  /** Out of a file (`true`) or from the old phone itself. */
  from_backup: boolean,
  /** When. */
  at: number,
  /** The card, if there was one. */
  card: Card | null,
  /** The other documents and passes. */
  documents: DocumentView[],
};

/** What one person chose for the safety of their own profile. */
export type Safety = {
  /** Random name of the profile. */
  profile: string,
  /** The picture on the lock screen. */
  sign: Sign,
  /** Signs that no other profile has. */
  free_signs: Sign[],
  /** Seconds without use until the wallet locks: 30, 60 or 300. Out of sight it is never more than 60. */
  auto_lock_seconds: number,
  /** Whether 20 wrong PINs in a row remove the profile. */
  wipe: boolean,
  /** Opening by finger or face. */
  biometric: Biometric,
  /** See [`LockView::unprotected`]. */
  unprotected: boolean,
};

/** How a value is to be laid out. */
export type Script =
/** Latin letters, left to right. */
"latin" |
/** Arabic letters, right to left. */
"arabic" |
/** Digits: left to right in every language. */
"number" |
/** A word: in [`ClaimView::words`], or `true` and `false`. */
"word" |
/** A day, `YYYY-MM-DD`. */
"date" |
/** A district's identifier: the screen has its names. */
"district" |
/** An amount in paisa. */
"money";

/** Something that the province did for or to this person. */
export type ServiceItem = {
  /**
   *  What: the province's own word, such as `document_granted`. A screen says of one that it does not know that there was
   *  something.
   */
  kind: string,
  /** Which pass or document, if it is about one. */
  vct: string | null,
  /** What that is called. */
  pass: KindView | null,
  /** The child whose it is; absent for the citizen's own. */
  child: Child | null,
  /** The number of the application that it is about, with the platform that carries it. */
  reference: string | null,
};

/** A service in a list. */
export type ServiceLine = {
  /** Names it in the catalogue. */
  id: string,
  /** What it is called. */
  name: Words,
};

/** One service. */
export type ServiceView = {
  /** Names it in the catalogue. */
  id: string,
  /** What it is called. */
  name: Words,
  /** What its office is called. */
  office: Words,
  /** What it costs, in rupees, 0 for nothing. Absent where no source says it: to be confirmed with the department. */
  fee_rupees: number | null,
  /** How long it may take by law. Absent as the fee. */
  limit: LimitView | null,
  /** What it needs and where to go. Absent where the catalogue does not say. */
  guide: GuideView | null,
  /** When the catalogue was signed. */
  as_of: number,
};

/** The services of the province, or those that were searched for. */
export type Services = {
  /** When the catalogue was signed. Absent: none has come to this phone yet. */
  as_of: number | null,
  /** What was searched for, the best first; empty where nothing was asked. */
  found: FoundService[],
  /** By what happens in a life; empty where something was asked. */
  events: EventServices[],
  /** By office, in the catalogue's order; an office without a service is left out. Empty where something was asked. */
  offices: OfficeServices[],
};

/** What is on the screen while something is shown to a desk. */
export type Showing = {
  /** Names this showing until it ends. */
  id: number,
  /** Kind of pass. */
  vct: string,
  /** What it is called. */
  kind: KindView,
  /** The child whose it is; absent for the citizen's own. */
  child: Child | null,
  /** How it is shown. */
  mode: ShowingMode,
  /**
   *  The codes to play in a loop. One code stands still; with a photo the presentation is every
   *  fourth code, first of all, and photo frames are between.
   */
  frames: Qr[],
  /** How long each code stays on the screen. */
  frame_ms: number,
  /** What the desk learns. */
  claims: ClaimView[],
  /** When to ask for the next codes; 0 when these stay as they are. */
  renew_in_ms: number,
  /** When this showing ends by itself. */
  ends_in_ms: number,
  /** The stock is used up and this pass was shown before. */
  last_pass: boolean,
  /** Two digits to compare with the desk's screen (request mode). */
  check_code: string | null,
};

/** How something is shown. */
export type ShowingMode =
/** Nobody asked: the code renews itself. */
"timed" |
/** The answer to one desk's request. */
"request";

/** What became of a showing. */
export type ShowingOutcome =
/** The citizen showed it. */
"shown" |
/** The citizen said no. */
"declined" |
/** The phone said no: the desk asked for more than it may. */
"refused";

/** A picture with a word that stands for a profile. Chosen by its owner; says nothing about them. */
export type Sign = "star" | "moon" | "sun" | "tree" | "flower" | "bird" | "fish" | "boat" | "kite" | "mountain" | "lamp" | "cup";

/** One credential. */
export type SignedCopy = {
  /** [`super::Document::id`]. */
  document: string,
  /** Exactly the bytes that the issuer signed, in base64url without padding. */
  credential: string,
};

/** What a sync did. */
export type SyncReport = {
  /** Whether anything new was stored. */
  changed: boolean,
  /** When the sync ended. */
  at: number,
};

/** An invented person to try everything with; offered only beside the test mark. */
export type TestCitizen = {
  /** The draft, filled in. */
  draft: Draft,
  /** A drawn portrait as a `data:` URL; `set_photo` takes it as it is. */
  portrait: string,
};

/** What stands between this phone and showing anything. */
export type Trouble = {
  /** The province does not take this wallet any more: it shows nothing. */
  ended: UiCode | null,
  /**
   *  The province does not know this phone any more: what is here still shows, and nothing new comes until the citizen
   *  begins anew.
   */
  unknown: boolean,
  /**
   *  Seconds by which this phone's clock is ahead of the province's (below 0: behind), when that is more than a few
   *  minutes.
   */
  clock_off_by: number | null,
};

/** Every code that a screen may have to put in words. Closed: a screen answers each one. */
export type UiCode = (typeof UI_CODES)[number];

/** What went wrong, for a screen. */
export type UiError = {
  /** What happened. */
  code: UiCode,
  /** When it makes sense to try again, if the province said so. */
  retry_after_seconds: number | null,
  /** The fields that are wrong, when `code` is about what was typed. */
  fields: FieldError[],
};

/** A text in the three languages of the screens. An empty one means "as in English". */
export type Words = {
  /** English. */
  en: string,
  /** Urdu. */
  ur: string,
  /** Pashto. */
  ps: string,
};
