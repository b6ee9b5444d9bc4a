/** What is typed at the desk, wherever the focus is: a scanner's typing is a code, everything else is the officer's command. */
import { directionOf, language } from "$lib/i18n.svelte";

import type { Desk } from "./desk.svelte";
import { actionOf, ALWAYS, moveFocus, type KeyAction } from "./keys";
import { chooseDeskLanguage } from "./language";
import type { Sounds } from "./sound.svelte";
import { GAP_MS_MAX, Wedge } from "./wedge";

/** The screen that the keys work on. */
export interface KeyScreen {
  readonly desk: Desk;
  readonly sounds: Sounds;
  /** Visitors are before the officer, and no sheet over them. */
  readonly atWork: boolean;
  menu(): void;
  fullScreen(): void;
  /** False when there is nothing to leave. */
  cancel(): boolean;
  /** False when nothing comes next by itself. */
  goOn(): boolean;
}

export class Keyboard {
  #screen: KeyScreen;
  #wedge = new Wedge();
  /** A digit is a choice only if no scanner goes on typing after it: a printed card's code may begin with one. */
  #choice: ReturnType<typeof setTimeout> | undefined;

  constructor(screen: KeyScreen) {
    this.#screen = screen;
  }

  press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const wedge = this.#wedge;
    const step = wedge.press({ key: event.key, code: event.code, shiftKey: event.shiftKey, at: event.timeStamp });
    if (wedge.fast) clearTimeout(this.#choice);
    if (step.kind === "other") {
      if (!wedge.fast && /^(?:Digit|Numpad)\d$/.test(event.code)) {
        this.#choice = setTimeout(() => this.#command(event), GAP_MS_MAX);
        return;
      }
      // No scanner types Escape, arrows or function keys.
      if (!wedge.fast || (event.key.length > 1 && event.key !== "Enter")) this.#command(event);
      return;
    }
    // A focused button must not take a scanner's space or Enter for a press.
    event.preventDefault();
    event.stopPropagation();
    const { desk } = this.#screen;
    if (step.kind === "scanned" && desk.working) void desk.text(step.text);
  }

  /** Somebody is there. */
  moved(): void {
    this.#screen.sounds.wake();
    this.#screen.desk.active();
  }

  #command(event: KeyboardEvent): void {
    this.moved();
    const action = actionOf(event, directionOf(language.current) === "rtl");
    if (!action) return;
    // A key that is still held from the last screen is no press on this one.
    if (event.repeat && action.do === "next") return event.preventDefault();
    const field = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    if (field && !ALWAYS.includes(action.do)) return;
    // A button does what it says by itself.
    if (action.do === "next" && event.target instanceof HTMLElement && event.target.closest("button, label")) return;
    if (this.#act(action)) event.preventDefault();
  }

  /** Does what a key means; false when it means nothing here. */
  #act(action: KeyAction): boolean {
    const { desk, sounds, atWork } = this.#screen;
    switch (action.do) {
      case "language":
        chooseDeskLanguage(action.language);
        return true;
      case "sound":
        sounds.toggle();
        return true;
      case "full_screen":
        this.#screen.fullScreen();
        return true;
      case "menu":
        if (desk.signedIn) this.#screen.menu();
        return desk.signedIn;
      case "move":
        moveFocus(document.querySelector("main") ?? document, action.by);
        return true;
      case "cancel":
        return this.#screen.cancel();
      case "next":
        return atWork && this.#screen.goOn();
      case "choose": {
        const vct = desk.asks[action.place - 1];
        if (!atWork || vct === undefined || desk.visit.state === "compare") return false;
        void desk.choose(vct);
        return true;
      }
    }
  }
}
