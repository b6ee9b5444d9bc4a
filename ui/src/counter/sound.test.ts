// Verdicts are told apart by ear, and no sound comes late or uninvited.
import { beforeEach, expect, test, vi } from "vitest";

import { Sounds, TUNES } from "./sound.svelte";

let played: number[];
let state: AudioContextState;

class FakeContext {
  currentTime = 0;
  destination = {};
  get state() {
    return state;
  }
  resume() {
    state = "running";
    return Promise.resolve();
  }
  createGain() {
    return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (to: unknown) => to };
  }
  createOscillator() {
    const tone = {
      type: "",
      frequency: { value: 0 },
      connect: (to: unknown) => to,
      start: () => played.push(tone.frequency.value),
      stop() {},
    };
    return tone;
  }
}

beforeEach(() => {
  played = [];
  state = "suspended";
  window.localStorage.clear();
  vi.stubGlobal("AudioContext", FakeContext);
});

test("four tunes of their own: other pitches, other numbers of notes or other colours", () => {
  const tunes = Object.values(TUNES).map(({ wave, notes }) => JSON.stringify([wave, notes.map((note) => note.pitch)]));
  expect(new Set(tunes).size).toBe(4);
  expect(new Set(Object.values(TUNES).map((tune) => tune.wave)).size).toBe(4);
  expect(new Set(Object.values(TUNES).map((tune) => tune.notes.length)).size).toBe(3);
});

test("nothing is played before somebody pressed something, and nothing is kept for then", () => {
  const sounds = new Sounds();
  sounds.play("refused");
  sounds.wake();
  expect(played).toEqual([]);
  sounds.play("accepted");
  expect(played).toEqual([659, 988]);
});

test("off is off, also the next day, and on is as loud as before", () => {
  const sounds = new Sounds();
  sounds.set(2);
  sounds.toggle();
  sounds.wake();
  sounds.play("accepted");
  expect(played).toEqual([]);
  expect(new Sounds().on).toBe(false);
  sounds.toggle();
  expect(sounds.loudness).toBe(2);
});
