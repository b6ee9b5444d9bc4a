// Strict CBOR and base45, written from docs/format.md ("Reading strictly") and RFCs 8949 and 9285 alone.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const DEPTH_MAX = 6;

/** Why a code is refused or cannot be decided: the format's stable code. */
export class Refusal extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export const malformed = () => new Refusal("malformed");

/** The bytes of a base45 text. */
export function base45(text) {
  const out = [];
  for (let at = 0; at < text.length; at += 3) {
    const group = [...text.slice(at, at + 3)].map((letter) => ALPHABET.indexOf(letter));
    if (group.includes(-1) || group.length === 1) throw malformed();
    const value = group.reduceRight((sum, digit) => sum * 45 + digit, 0);
    if (value > (group.length === 3 ? 0xffff : 0xff)) throw malformed();
    if (group.length === 3) out.push(value >> 8);
    out.push(value & 0xff);
  }
  return Buffer.from(out);
}

/**
 * Reads exactly one item. Maps become `Map`, byte strings `Buffer`, numbers `number` (none of the format is above
 * 2^53 - 1), tags `{tag, value}`; `raw` gives back the bytes of an item that was read.
 */
export function read(bytes) {
  const reader = new Reader(bytes);
  const value = reader.item(DEPTH_MAX);
  if (reader.at !== bytes.length) throw malformed();
  return value;
}

const RAW = new WeakMap();

/** The bytes that an array, a map or a tag was read from. */
export const raw = (value) => RAW.get(value);

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  take(count) {
    if (count > this.bytes.length - this.at) throw malformed();
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  head() {
    const first = this.take(1)[0];
    const [major, short] = [first >> 5, first & 0x1f];
    if (short < 24) return [major, short];
    const size = { 24: 1, 25: 2, 26: 4, 27: 8 }[short];
    if (!size) throw malformed();
    const number = this.take(size).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const least = { 1: 24n, 2: 0x100n, 4: 0x10000n, 8: 0x100000000n }[size];
    if (number < least || number > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed();
    return [major, Number(number)];
  }

  item(depth) {
    const start = this.at;
    if (this.bytes[start] === 0xf4 || this.bytes[start] === 0xf5) return this.take(1)[0] === 0xf5;
    const [major, value] = this.head();
    if (major === 0) return value;
    if (major === 1) return -1 - value;
    if (major === 2) return this.take(value);
    if (major === 3) return text(this.take(value));
    if (major === 7 || depth === 0) throw malformed();
    const result = major === 4 ? this.array(value, depth - 1) : major === 5 ? this.map(value, depth - 1) : { tag: value, value: this.item(depth - 1) };
    RAW.set(result, this.bytes.subarray(start, this.at));
    return result;
  }

  array(count, depth) {
    const out = [];
    for (let index = 0; index < count; index += 1) out.push(this.item(depth));
    return out;
  }

  map(pairs, depth) {
    const out = new Map();
    let previous = Buffer.alloc(0);
    for (let index = 0; index < pairs; index += 1) {
      const start = this.at;
      const key = this.item(0);
      const written = this.bytes.subarray(start, this.at);
      if (Buffer.compare(written, previous) <= 0) throw malformed();
      previous = written;
      out.set(key, this.item(depth));
    }
    return out;
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function text(bytes) {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw malformed();
  }
}

/** Control and turning marks, notes between lines, and what nobody sees, but for the joiners U+200C and U+200D. */
const UNSEEN =
  /[\p{Cc}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;

/** True for a text that a screen shows as it is written. */
export const isPlain = (value) => typeof value === "string" && !UNSEEN.test(value);
