/** A verdict to be heard: four tunes that differ in pitch, number and colour, made by the browser itself. */
import type { Sign } from "./sign";

const PLACE = "khyber-counter-sound";

interface Note {
  /** Hertz. */
  pitch: number;
  /** Seconds from the start of the tune, and how long. */
  at: number;
  lasts: number;
}

interface Tune {
  wave: OscillatorType;
  notes: readonly Note[];
}

/** Up and bright: good. Up and down again, as a reed: good, but. Low and rough, twice: stop. One note three times: a question. */
export const TUNES: Readonly<Record<Sign, Tune>> = {
  accepted: {
    wave: "sine",
    notes: [
      { pitch: 659, at: 0, lasts: 0.12 },
      { pitch: 988, at: 0.13, lasts: 0.24 },
    ],
  },
  amber: {
    wave: "square",
    notes: [
      { pitch: 587, at: 0, lasts: 0.12 },
      { pitch: 784, at: 0.13, lasts: 0.12 },
      { pitch: 587, at: 0.32, lasts: 0.12 },
      { pitch: 494, at: 0.45, lasts: 0.24 },
    ],
  },
  refused: {
    wave: "sawtooth",
    notes: [
      { pitch: 196, at: 0, lasts: 0.2 },
      { pitch: 147, at: 0.26, lasts: 0.34 },
    ],
  },
  undecided: {
    wave: "triangle",
    notes: [
      { pitch: 440, at: 0, lasts: 0.11 },
      { pitch: 440, at: 0.2, lasts: 0.11 },
      { pitch: 440, at: 0.4, lasts: 0.11 },
    ],
  },
};

/** Loudness in five steps; 0 is off. */
export const LOUDEST = 4;

export class Sounds {
  /** 0 to 4. */
  loudness = $state(3);
  #context: AudioContext | undefined;
  #before = 3;

  constructor() {
    const stored = Number(window.localStorage.getItem(PLACE) ?? "3");
    if (Number.isInteger(stored) && stored >= 0 && stored <= LOUDEST) this.loudness = stored;
  }

  get on(): boolean {
    return this.loudness > 0;
  }

  toggle(): void {
    if (this.on) {
      this.#before = this.loudness;
      this.set(0);
    } else {
      this.set(this.#before);
    }
  }

  set(loudness: number): void {
    this.loudness = Math.max(0, Math.min(LOUDEST, loudness));
    window.localStorage.setItem(PLACE, String(this.loudness));
  }

  /** A browser lets no page make a sound before somebody pressed something; from the first press on it may. */
  wake(): void {
    if (!this.on || !("AudioContext" in window)) return;
    this.#context ??= new AudioContext();
    if (this.#context.state === "suspended") this.#context.resume().catch(() => undefined);
  }

  play(sign: Sign): void {
    const context = this.#context;
    // What cannot be heard now is not kept for later: it would speak of a visitor who has gone.
    if (!this.on || context?.state !== "running") return;
    const { wave, notes } = TUNES[sign];
    for (const note of notes) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      const start = context.currentTime + 0.02 + note.at;
      const full = (0.35 * this.loudness) / LOUDEST;
      tone.type = wave;
      tone.frequency.value = note.pitch;
      // Rises and falls within hundredths of a second: no click.
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(full, start + 0.015);
      volume.gain.setValueAtTime(full, start + note.lasts - 0.03);
      volume.gain.linearRampToValueAtTime(0, start + note.lasts);
      tone.connect(volume).connect(context.destination);
      tone.start(start);
      tone.stop(start + note.lasts);
    }
  }
}
