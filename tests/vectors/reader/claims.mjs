// What a credential or a card says, read as strictly as docs/format.md has it: every member by its own rule, none beside.
import { Refusal, isPlain, malformed } from "./cbor.mjs";
import { keyBytes } from "./cose.mjs";

const DAY = 86_400;
/** What a trust list allows keys beside passes: never a credential. */
const RESERVED = ["paper-card", "counter-certificate", "status-manifest", "type-register", "risk-rules", "catalogue"];
const [FIELD_BYTES_MAX, FIELDS_MAX] = [512, 32];
/** Fields of a document that name nobody outside the office that gave them. */
const isPseudonym = (number) => number >= 240 && number <= 249;
/** The guardian's local name, which stands among the facts and belongs to the identity. */
const GUARDIAN_LOCAL = 9;

const isUint = (value) => Number.isInteger(value) && value >= 0;
const fits = {
  uint: isUint,
  day: (value) => isUint(value) && value % DAY === 0,
  index: (value) => isUint(value) && value < 2 ** 32,
  byte: (value) => isUint(value) && value < 2 ** 8,
  text: isPlain,
  birth: (value) => typeof value === "string" && /^[0-9]{8}$/.test(value),
  gender: (value) => [1, 2, 3].includes(value),
  relation: (value) => [1, 2].includes(value),
  truth: (value) => typeof value === "boolean",
  bytes: Buffer.isBuffer,
  hash: (value) => Buffer.isBuffer(value) && value.length === 32,
  map: (value) => value instanceof Map,
  field: (value) => typeof value === "boolean" || isUint(value) || ((isPlain(value) || Buffer.isBuffer(value)) && Buffer.byteLength(value) <= FIELD_BYTES_MAX),
};

/** Reads members of a map that has no others than `labels`; one is asked for by its label and kind. */
export function only(map, labels) {
  if (!(map instanceof Map) || [...map.keys()].some((label) => !labels.includes(label))) throw malformed();
  return (label, kind, isOptional) => {
    const value = map.get(label);
    if (value === undefined && isOptional) return undefined;
    if (!fits[kind](value)) throw malformed();
    return value;
  };
}

/** Checks every member of a map by the kind that `kinds` has for its label. */
function all(map, kinds) {
  for (const [label, value] of map) {
    const kind = kinds.get(label);
    if (!kind || !fits[kind](value)) throw malformed();
  }
  return map;
}

const IDENTITY = new Map([[1, "text"], [4, "text"], [8, "birth"], [9, "gender"], [10, "text"], [15, "text"], [19, "text"], [20, "text"]]);
const FACTS = new Map([[1, "truth"], [2, "truth"], [3, "text"], [4, "text"], [5, "truth"], [6, "byte"], [7, "hash"], [8, "relation"], [GUARDIAN_LOCAL, "text"]]);
const FIRST_FIELD = 32;
for (let number = FIRST_FIELD; number <= 255; number += 1) FACTS.set(number, "field");

function statusOf(map) {
  const listed = only(map, ["status_list"])("status_list", "map");
  const get = only(listed, ["idx", "uri"]);
  return { index: get("idx", "index"), list: get("uri", "text") };
}

function holderOf(map) {
  const key = only(map, [1])(1, "map");
  if (key.size !== 3 || key.get(1) !== 1 || key.get(-1) !== 6) throw malformed();
  return keyBytes(key.get(-2));
}

/** The claims of a credential. */
export function claimsOf(map) {
  const get = only(map, [1, 4, 5, 6, 8, 11, 169, 65_535, -65_601]);
  const [, exp, nbf, iat] = [get(1, "text"), get(4, "day"), get(5, "day", true), get(6, "day")];
  const [cnf, listed] = [get(8, "map", true), get(65_535, "map", true)];
  const vct = get(11, "bytes").toString("latin1");
  if (!/^[a-z0-9-]{1,32}$/.test(vct) || RESERVED.includes(vct)) throw malformed();
  const identity = get(169, "map", true);
  if (identity) all(identity, IDENTITY);
  const facts = all(get(-65_601, "map", true) ?? new Map(), FACTS);
  if (facts.has(GUARDIAN_LOCAL) && !identity) throw malformed();
  if ([...facts.keys()].filter((number) => number >= FIRST_FIELD).length > FIELDS_MAX) throw malformed();
  return {
    exp,
    nbf,
    iat,
    holder: cnf && holderOf(cnf),
    vct,
    status: listed && statusOf(listed),
    photo: facts.get(7),
    namesSomebody: identity !== undefined || vct === "identity" || vct === "name-photo",
    isPersonal: identity !== undefined || [...facts.keys()].some((number) => number > 6 && !isPseudonym(number)),
    at: ([map, number]) => (map === 169 ? identity : facts)?.get(number),
  };
}

/** The claims of a printed card, which is one whole form. */
export function cardOf(map) {
  const get = only(map, [1, 4, 6, 169, 65_535]);
  const [, exp, iat] = [get(1, "text"), get(4, "day"), get(6, "day")];
  all(get(169, "map"), IDENTITY);
  return { exp, iat, vct: "paper-card", status: statusOf(get(65_535, "map")) };
}

const [NUMBER, DATE, TRUTH, CNIC, DISTRICT, MONEY, WORD] = [3, 4, 5, 6, 7, 8, 9];
export const PHOTO = 10;
export const LAST_DAY = 11;

/** Whether a value is there and of the kind that the register says. */
export function isOfKind(value, { kind, words }) {
  if (kind < NUMBER || kind === DISTRICT) return typeof value === "string" && value !== "";
  if (kind === NUMBER || kind === MONEY) return isUint(value);
  if (kind === WORD) return words.includes(value);
  if (kind === TRUTH) return typeof value === "boolean";
  if (kind === PHOTO) return Buffer.isBuffer(value);
  if (typeof value !== "string" && !isUint(value)) return false;
  if (kind === LAST_DAY) return isUint(value) && isOfKind(value, { kind: DATE });
  if (kind === DATE) return /^[1-9]\d{3}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.test(value);
  if (kind === CNIC) return /^[1-9]\d{12}$/.test(value);
  throw new Refusal("types_malformed");
}
