/** The one interface between the screens and whatever hosts them. Every method is one command of the application. */
import type {
  AppState, Choice, Draft, DraftCheck, HistoryItem, Home, Language, PhotoView, RequestView, Showing, SyncReport,
  TestCitizen,
} from "./types";

/** Each method rejects with a [`BackendError`] and with nothing else. */
export interface Backend {
  appState(): Promise<AppState>;
  setLanguage(language: Language): Promise<AppState | null>;
  createVault(pin: string): Promise<AppState>;
  unlock(pin: string): Promise<AppState>;
  lock(): Promise<AppState>;
  draft(): Promise<Draft>;
  /** Saves whatever was typed, right or wrong, and says what is wrong. */
  saveDraft(draft: Draft): Promise<DraftCheck>;
  /** `bytes`: a picture file in base64 or as a `data:` URL. */
  setPhoto(bytes: string): Promise<PhotoView>;
  enrol(): Promise<AppState>;
  sync(): Promise<SyncReport>;
  home(): Promise<Home>;
  timedChoices(): Promise<Choice[]>;
  showTimed(vct: string, audience: string | null): Promise<Showing>;
  showingFrames(id: number): Promise<Showing>;
  endShowing(id: number): Promise<void>;
  readRequestPicture(bytes: string): Promise<RequestView>;
  /** `luma`: base64 of width × height bytes, one per pixel. `null` when the frame holds no code. */
  readRequestFrame(width: number, height: number, luma: string): Promise<RequestView | null>;
  readRequestText(text: string): Promise<RequestView>;
  answerRequest(id: number): Promise<Showing>;
  declineRequest(id: number): Promise<void>;
  history(): Promise<HistoryItem[]>;
  testCitizens(): Promise<TestCitizen[]>;
}
