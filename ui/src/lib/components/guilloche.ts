/**
 * The fine lines of a card, computed from the hash of its credential: one card, one pattern, and another pattern as soon
 * as anything signed in it changes. Two families, as on banknotes: a rosette and a field of waves.
 */

export interface Guilloche {
  /** Closed curves around one centre. */
  rosette: string[];
  /** Lines from edge to edge. */
  waves: string[];
}

export const WIDTH = 856;
export const HEIGHT = 540;

const ROSETTE_LINES = 16;
const ROSETTE_POINTS = 220;
const WAVE_LINES = 22;
const WAVE_STEP = 14;
/** Petals that close after one turn and recall the tiles of the place. */
const PETALS = [8, 10, 12, 16] as const;

export function guilloche(hash: string): Guilloche {
  const bytes = bytesOf(hash);
  const share = (index: number) => (bytes[index % bytes.length] ?? 0) / 255;
  const pick = <T>(list: readonly [T, ...T[]], index: number): T => list[(bytes[index % bytes.length] ?? 0) % list.length] ?? list[0];
  return { rosette: rosette(share, pick), waves: waves(share) };
}

type Share = (index: number) => number;
type Pick = <T>(list: readonly [T, ...T[]], index: number) => T;

function rosette(share: Share, pick: Pick): string[] {
  const petals = pick(PETALS, 0);
  const ripples = petals * (2 + Math.round(share(1)));
  const outer = 205 + share(2) * 40;
  const sway = 34 + share(3) * 26;
  const ripple = 8 + share(4) * 16;
  const turn = share(5) * Math.PI * 2;
  const lines: string[] = [];
  for (let line = 0; line < ROSETTE_LINES; line += 1) {
    const part = line / (ROSETTE_LINES - 1);
    const radius = outer * (0.3 + 0.7 * part);
    const phase = turn + part * (Math.PI / petals) * (2 + share(6) * 3);
    let path = "";
    for (let point = 0; point <= ROSETTE_POINTS; point += 1) {
      const angle = (point / ROSETTE_POINTS) * Math.PI * 2;
      const r = radius + sway * part * Math.cos(petals * angle + phase) + ripple * Math.cos(ripples * angle - phase * 2);
      path += step(point, 640 + r * Math.cos(angle), 262 + r * Math.sin(angle));
    }
    lines.push(`${path}Z`);
  }
  return lines;
}

function waves(share: Share): string[] {
  const long = 1 + share(8) * 1.6;
  const short = 4 + share(9) * 5;
  const high = 46 + share(10) * 44;
  const low = 8 + share(11) * 14;
  const turn = share(12) * Math.PI * 2;
  const lines: string[] = [];
  for (let line = 0; line < WAVE_LINES; line += 1) {
    const part = line / (WAVE_LINES - 1);
    let path = "";
    for (let x = -WAVE_STEP, point = 0; x <= WIDTH + WAVE_STEP; x += WAVE_STEP, point += 1) {
      const along = (x / WIDTH) * Math.PI * 2;
      const swell = Math.sin(along * long + turn + part * (1 + share(13)));
      const y = -30 + part * (HEIGHT + 60) + high * swell * Math.sin(part * Math.PI) + low * Math.sin(along * short + turn * 2 + part * 5);
      path += step(point, x, y);
    }
    lines.push(path);
  }
  return lines;
}

function step(point: number, x: number, y: number): string {
  return `${point === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
}

/** What is no hash still gives a pattern, so that a card is never bare. */
function bytesOf(hash: string): number[] {
  const bytes = (hash.match(/[0-9a-f]{2}/gi) ?? []).map((pair) => Number.parseInt(pair, 16));
  return bytes.length > 0 ? bytes : [...hash, "0"].map((letter) => letter.charCodeAt(0) % 256);
}
