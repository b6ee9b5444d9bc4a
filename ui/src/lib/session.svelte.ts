/**
 * Which screen is on, and what the application said last. The vault decides where somebody may be: a screen is a wish,
 * `entryFor` is the rule.
 */
import { BackendError, toBackendError, type AppState, type Backend, type Language, type RequestView, type Showing } from "$lib/backend";
import { useLanguage } from "$lib/i18n.svelte";
import { networkNow } from "$lib/network";

export type Tab = "home" | "past" | "scan" | "me";

/** Where somebody is in the list of services: what they search for, and the office that lies open. */
export interface ServicesPlace {
  words: string;
  office: string | null;
}

export const NO_PLACE: ServicesPlace = { words: "", office: null };

export type Screen =
  | { at: "loading" }
  | { at: "failed"; code: string }
  | { at: "welcome" }
  | { at: "choose_pin" }
  | { at: "unlock" }
  | { at: "add_person" }
  | { at: "forgot"; profile: string }
  | { at: "safety" }
  | { at: "enrol" }
  | { at: "home" }
  | { at: "past" }
  /** Who looked, who issued: from the past, or from where the citizen's own things are. */
  | { at: "audit"; from: "past" | "me" }
  | { at: "documents" }
  | { at: "document"; id: string }
  | { at: "document_past"; id: string; vct: string; name: string }
  | { at: "export"; id: string | null }
  | { at: "me" }
  | { at: "before" }
  /** This phone is shown at a counter, to be enrolled there. */
  | { at: "at_counter"; from: "enrol" | "me" }
  | { at: "restore" }
  | { at: "restored" }
  | { at: "backup" }
  | { at: "move_in" }
  | { at: "move_out" }
  | { at: "way" }
  | { at: "services"; place: ServicesPlace }
  | { at: "service"; id: string; place: ServicesPlace }
  | { at: "applications" }
  | { at: "apply"; id: number }
  | { at: "application"; id: number }
  | { at: "mobile" }
  | { at: "begin_anew" }
  /** A lost phone: from the door of a phone that is anybody's, or with an open vault, then perhaps to mend an item. */
  | { at: "lost"; door?: "welcome" | "unlock"; item?: number }
  | { at: "choose" }
  | { at: "scan" }
  | { at: "consent"; request: RequestView }
  | { at: "showing"; showing: Showing };

/** Where somebody comes in, by what the phone holds and whether it is open. */
export function entryFor(app: AppState): Screen {
  switch (app.lock) {
    case "empty":
      return { at: "welcome" };
    case "locked":
      return { at: "unlock" };
    case "open":
      if (app.moving === "moved" || app.moving === "leaving") return { at: "move_out" };
      if (app.moving === "confirming") return { at: "move_in" };
      if (app.moving === "restored" && app.enrolment !== "sent") return { at: "restored" };
      return app.enrolment === "enrolled" ? { at: "home" } : { at: "enrol" };
  }
}

/** Where "back" leads; nothing where there is no way back. */
export function parentOf(screen: Screen): Screen | undefined {
  switch (screen.at) {
    case "choose_pin":
      return { at: "welcome" };
    case "add_person":
    case "forgot":
      return { at: "unlock" };
    case "before":
      return { at: "enrol" };
    case "restore":
    case "move_in":
      return { at: "before" };
    case "lost":
      return screen.door ? { at: screen.door } : screen.item === undefined ? { at: "me" } : { at: "way" };
    case "backup":
    case "move_out":
    case "safety":
    case "way":
    case "mobile":
      return { at: "me" };
    case "at_counter":
    case "audit":
      return { at: screen.from };
    case "document_past":
      return { at: "document", id: screen.id };
    case "export":
      return screen.id === null ? { at: "documents" } : { at: "document", id: screen.id };
    case "document":
      return { at: "documents" };
    case "service":
      return { at: "services", place: screen.place };
    case "apply":
    case "application":
      return { at: "applications" };
    case "applications":
    case "documents":
    case "services":
    case "begin_anew":
    case "past":
    case "me":
    case "choose":
    case "scan":
    case "consent":
    case "showing":
      return { at: "home" };
    case "loading":
    case "failed":
    case "welcome":
    case "unlock":
    case "enrol":
    case "restored":
    case "home":
      return undefined;
  }
}

/** Codes that mean "there is no network now": a small cloud, not an alarm. */
export const OFFLINE_CODES: readonly string[] = ["network_down", "network_timeout"];

/** A phone that is out of sight for this long locks its wallet. */
export const HIDDEN_MS_MAX = 60_000;

/** The application hears of use this often at most. */
export const TOUCH_EVERY_MS = 5_000;

/** How long after home came up it fetches: whoever opens the wallet to show something goes first. */
export const SYNC_AFTER_MS = 800;

/** Milliseconds by `performance.now()` and by `Date.now()`. */
export interface Clocks {
  pageMs: number;
  phoneMs: number;
}

export class Session {
  app = $state.raw<AppState | null>(null);
  screen = $state.raw<Screen>({ at: "loading" });
  offline = $state(false);
  /** Goes up with each sync that changed something, so that screens read again. */
  changes = $state(0);
  /** A screen with steps of its own takes "back" first; true when it did. */
  backFirst: (() => boolean) | null = null;
  #hiddenAt: Clocks | null = null;
  #lockTimer: ReturnType<typeof setTimeout> | undefined;
  #syncTimer: ReturnType<typeof setTimeout> | undefined;
  #syncing = false;
  /** After how long without use the wallet locks; the application locks by its own clock, too. */
  #autoLockMs = 300_000;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #touchedAt = -Infinity;

  constructor(readonly backend: Backend) {}

  get marked(): boolean {
    return this.app?.mark !== "none";
  }

  async start(): Promise<void> {
    try {
      this.adopt(await this.backend.appState());
    } catch (thrown) {
      this.screen = { at: "failed", code: toBackendError(thrown).code };
    }
  }

  /** A wallet that learns that its owner had it disabled locks; one that was told before stays open, and so does the screen. */
  async #leaveIfLocked(): Promise<void> {
    try {
      const app = await this.backend.appState();
      if (app.lock === "open") this.note(app);
      else this.adopt(app);
    } catch (thrown) {
      this.screen = { at: "failed", code: toBackendError(thrown).code };
    }
  }

  /** Takes a new state of the application and goes where it allows. */
  adopt(app: AppState): void {
    this.app = app;
    useLanguage(app.language);
    this.go(entryFor(app));
  }

  /** Takes a new state and stays where we are. */
  note(app: AppState): void {
    this.app = app;
  }

  go(screen: Screen): void {
    this.screen = screen;
    if (screen.at === "lost") this.#waitForUse();
  }

  /** Tells the application what the page knows of the network, and whether anybody looks. */
  noteNetwork(): void {
    const { metered, background } = networkNow();
    void this.backend.noteNetwork(metered, background).catch(() => undefined);
  }

  back(): void {
    if (this.backFirst?.()) return;
    const parent = parentOf(this.screen);
    // A wallet that came from another phone is at home where that is said.
    if (parent) this.go(parent.at === "home" && this.app ? entryFor(this.app) : parent);
  }

  async chooseLanguage(language: Language): Promise<void> {
    useLanguage(language);
    if (this.app) this.app = { ...this.app, language };
    await this.backend.setLanguage(language);
  }

  /** As `chooseLanguage`, where nothing else is on the screen yet: a choice that was not kept is an error of its own. */
  async chooseLanguageAtDoor(language: Language): Promise<boolean> {
    try {
      await this.chooseLanguage(language);
      return true;
    } catch (thrown) {
      this.go({ at: "failed", code: toBackendError(thrown).code });
      return false;
    }
  }

  async lock(): Promise<void> {
    this.adopt(await this.backend.lock());
  }

  /** Reads what failed. A vault that locked meanwhile leads to its door; the caller then has nothing to show. */
  failed(thrown: unknown): BackendError {
    const error = toBackendError(thrown);
    if (error.code === "locked" || error.code === "vault_missing") void this.start();
    return error;
  }

  /** Fetches what is new in a moment, if the wallet is still open then. */
  syncSoon(): void {
    if (this.#syncTimer !== undefined) return;
    this.#syncTimer = setTimeout(() => {
      this.#syncTimer = undefined;
      if (this.app?.lock === "open") void this.sync();
    }, SYNC_AFTER_MS);
  }

  /** Fetches what is new, quietly. `null` when it worked, else the code. */
  async sync(): Promise<string | null> {
    if (this.#syncing) return null;
    this.#syncing = true;
    try {
      const report = await this.backend.sync();
      this.offline = false;
      if (report.changed) this.changes += 1;
      return null;
    } catch (thrown) {
      const { code } = this.failed(thrown);
      this.offline = OFFLINE_CODES.includes(code);
      if (code === "wallet_disabled") await this.#leaveIfLocked();
      return code;
    } finally {
      this.#syncing = false;
    }
  }

  /**
   * Called when the window goes out of sight or comes back. A timer locks while nobody looks; a page that was frozen
   * meanwhile had no timer, so the time is looked at again on the way back, on two clocks: the page's own stands still
   * while some phones sleep, and the phone's can be set back. Either is enough.
   */
  async sightChanged(visible: boolean, now: Clocks): Promise<void> {
    void this.backend.sight(visible).catch(() => undefined);
    this.noteNetwork();
    if (!visible) {
      this.#hiddenAt ??= now;
      this.#lockTimer ??= setTimeout(() => void this.#lockUnseen(), HIDDEN_MS_MAX);
      return;
    }
    clearTimeout(this.#lockTimer);
    this.#lockTimer = undefined;
    const hiddenAt = this.#hiddenAt;
    this.#hiddenAt = null;
    if (hiddenAt === null) return;
    const away = Math.max(now.pageMs - hiddenAt.pageMs, now.phoneMs - hiddenAt.phoneMs);
    if (away >= HIDDEN_MS_MAX) await this.#lockUnseen();
  }

  /** Learns after how long without use the wallet locks, and waits for that. */
  async watchUse(): Promise<void> {
    try {
      this.autoLockAfter((await this.backend.safety()).auto_lock_seconds);
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  autoLockAfter(seconds: number): void {
    this.#autoLockMs = seconds * 1000;
    this.#waitForUse();
  }

  /** Somebody touched the screen or a key, at this time of the page's clock. */
  touched(pageMs: number): void {
    if ((this.app?.lock !== "open" && this.screen.at !== "lost") || pageMs - this.#touchedAt < TOUCH_EVERY_MS) return;
    this.#touchedAt = pageMs;
    this.#waitForUse();
    if (this.app?.lock !== "open") return;
    // A sync in the background may have locked a wallet that was disabled.
    void this.backend.touch().catch((thrown: unknown) => this.failed(thrown));
  }

  #waitForUse(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => void this.#lockUnseen(), this.#autoLockMs);
  }

  async #lockUnseen(): Promise<void> {
    // Somebody typed who they are on a phone that is not theirs: it must not stand there for the next one.
    if (this.app && this.app.lock !== "open" && this.screen.at === "lost") this.go(entryFor(this.app));
    if (this.app?.lock !== "open") return;
    await this.lock().catch((thrown: unknown) => this.failed(thrown));
  }
}
