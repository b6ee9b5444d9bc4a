// A second reader of the signed QR: decides a vector's case by docs/format.md alone, with nothing of the project's code.
import { inflateSync } from "node:zlib";

import { Refusal, base45, malformed, raw, read } from "./cbor.mjs";
import { LAST_DAY, PHOTO, cardOf, claimsOf, isOfKind, only } from "./claims.mjs";
import { keyId, publicKey, sha256, sign1, signedByRoots } from "./cose.mjs";

const [CLOCK_ALLOWANCE, LIFETIME_MAX, DAY] = [120, 60, 86_400];
const [AUDIENCE_BYTES_MAX, PRESENTATION_BYTES_MAX] = [64, 4096];
const [PLAIN_CWT, CARD_BYTES_MAX, CARD_TEXT_MAX, CREDENTIAL_BYTES_MAX] = [61, 2048, 4296, 3072];
/** In a kind's ways of being shown: on paper. */
const PRINTED = 4;
/** Kinds that only a phone shows: never a printed document. */
const NOT_DOCUMENTS = ["age", "residence", "identity", "name-photo"];
const [CWT, KBT, TRUST_LIST, STATUS_MANIFEST, TYPES, RULES] = [293, 294, 65_003, 65_004, 65_006, 65_007];
/** Where no rule says another: how old the status may be, and the trust list, in seconds; older is too old. */
const AGES = [7 * DAY, 180 * DAY];
/** A word of the register: number, key, and the label in three languages. */
const WORD_ITEMS = 5;
/** The fact that says how well the person was proofed. */
const ASSURANCE = 6;
const REQUEST_HASH = -65_604;

const hex = (text) => Buffer.from(text, "hex");
const startOfDay = (moment) => moment - (moment % DAY);

/** The code that a reader must give for this case. */
export function decide(vector) {
  try {
    return decided(vector);
  } catch (refusal) {
    if (refusal instanceof Refusal) return refusal.code;
    throw refusal;
  }
}

function decided(vector) {
  const { now } = vector;
  const { kbt, cwt, claims, binding, printed } = parsed(vector.qr);
  if (!vector.trust) throw new Refusal("no_trust_list");
  const trust = trustList(vector);
  const status = statusOf(vector, trust);
  const types = typesOf(vector, trust);
  const rule = ruleOf(vector, trust);
  if ([trust.iat, status?.iat ?? 0, types?.iat ?? 0, rule?.iat ?? 0].some((at) => now + CLOCK_ALLOWANCE < at)) throw new Refusal("clock_wrong");

  if (!printed && !kbt.verifies(claims.holder)) throw new Refusal("holder_signature");
  const issuer = issuerOf(trust, cwt, claims);
  const request = vector.request && requestOf(vector.request);
  if (!printed) checkBinding(binding, claims, vector, request);
  const kind = types?.kinds.get(claims.vct);
  if (binding?.isTimed && kind && !(kind.shown & 1)) throw new Refusal("request_required");
  if (rule && !printed) checkRule(rule, claims, binding);
  const standing = claims.status && status?.standing(claims.status);
  if (standing === "revoked" || standing === "consumed") throw new Refusal(standing);

  if (now >= trust.exp) throw new Refusal("trust_list_expired");
  if (now >= issuer.exp || claims.iat < startOfDay(issuer.nbf) || claims.iat >= issuer.retiredAt) throw new Refusal("issuer_key_expired");
  if (Math.max(claims.iat, claims.nbf ?? 0) > now + CLOCK_ALLOWANCE) throw new Refusal("not_yet_valid");
  if (now >= claims.exp) throw new Refusal("expired");
  if (printed) {
    // Nobody signed it over to anyone, so nothing is fresh or stale.
  } else if (request) {
    if (now > request.exp) throw new Refusal("stale");
  } else {
    if (binding.iat > now + CLOCK_ALLOWANCE) throw new Refusal("from_the_future");
    if (now > binding.exp + CLOCK_ALLOWANCE) throw new Refusal("stale");
  }
  if (claims.status) {
    if (!status) throw new Refusal("no_status_list");
    if (now >= status.exp) throw new Refusal("status_list_expired");
    if (standing === undefined) throw new Refusal("no_status_list");
    if (standing === "suspended") throw new Refusal(standing);
  }
  if (now >= rule?.exp) throw new Refusal("rules_expired");
  const [statusAge, trustAge] = rule?.ages ?? AGES;
  if (now - trust.iat > trustAge || (claims.status && now - status.iat > statusAge)) throw new Refusal("data_too_old");
  if (types && printed === "document_only") checkPrintedKind(types, kind, claims, now);
  if (printed) return printed;
  if (types) {
    if (now >= types.exp) throw new Refusal("types_expired");
    if (!kind) throw new Refusal("unknown_type");
    checkEnd(kind, claims, now);
    checkClaims(kind, kind.required, claims);
    if (kind.hasPhoto && !claims.photo) throw new Refusal("photo_incomplete");
    checkPlace(kind, claims);
  }
  if (rule?.assurance > 0 && claims.at([0, ASSURANCE]) === undefined) {
    if (!kind) throw new Refusal("unknown_type");
    if (kind.assurance < rule.assurance) throw new Refusal("assurance_too_low");
  }
  if (claims.namesSomebody && !claims.photo) throw new Refusal("photo_incomplete");
  return claims.photo ? "face_not_compared" : "accepted";
}

function parsed(qr) {
  if (qr.startsWith("KPD:")) return document(qr.slice(4));
  if (!qr.startsWith("KP") && isZlib(qr)) return card(qr);
  if (!qr.startsWith("KP1:")) throw new Refusal("wrong_code");
  const text = qr.slice(4);
  if (Buffer.byteLength(text) > (PRESENTATION_BYTES_MAX / 2) * 3) throw new Refusal("too_large");
  const kbt = sign1(read(base45(text)), KBT, [13]);
  const credential = kbt.headers.get(13);
  if (typeof credential !== "object" || !raw(credential)) throw malformed();
  if (raw(credential).length > CREDENTIAL_BYTES_MAX) throw new Refusal("too_large");
  const cwt = sign1(credential, CWT, [4]);
  const claims = claimsOf(read(cwt.payload));
  if (!claims.holder) throw malformed();
  publicKey(claims.holder);
  return { kbt, cwt, claims, binding: bindingOf(read(kbt.payload)) };
}

function checkPrintedKind(types, kind, claims, now) {
  if (now >= types.exp) throw new Refusal("types_expired");
  if (!kind) throw new Refusal("unknown_type");
  if (!(kind.shown & PRINTED)) throw new Refusal("not_a_document");
  checkEnd(kind, claims, now);
  checkClaims(kind, kind.requiredOnPaper, claims);
  checkPlace(kind, claims);
}

/** The first claim that every one of the kind has and this one has not. */
function checkClaims(kind, required, claims) {
  const missing = required.find((claim) => !isOfKind(claims.at(claim.at), claim));
  if (missing) throw new Refusal(missing.kind === PHOTO ? "photo_incomplete" : "claims_missing");
}

/** A status that is elsewhere than the kind has it could never be revoked. */
function checkPlace(kind, claims) {
  if (claims.status?.list !== kind.list) throw new Refusal("claims_missing");
}

/** A document ends at the midnight after the last day that it names itself; one of which nobody can read that is not decided. */
function checkEnd(kind, claims, now) {
  const written = kind.lastDays.map(claims.at).filter((day) => day !== undefined);
  if (!written.every((day) => isOfKind(day, { kind: LAST_DAY }))) throw new Refusal("claims_missing");
  const ends = (day) => Date.UTC(Math.trunc(day / 10_000), Math.trunc(day / 100) % 100 - 1, day % 100) / 1000 + DAY;
  if (written.some((day) => now >= ends(day))) throw new Refusal("expired");
}

function document(text) {
  if (Buffer.byteLength(text) > (CREDENTIAL_BYTES_MAX / 2) * 3) throw new Refusal("too_large");
  const cwt = sign1(read(base45(text)), CWT, [4]);
  const claims = claimsOf(read(cwt.payload));
  if (claims.holder || NOT_DOCUMENTS.includes(claims.vct)) throw new Refusal("not_a_document");
  return { cwt, claims, printed: "document_only" };
}

/** True for base45 of what begins as zlib does. */
function isZlib(text) {
  try {
    const [method, flags] = base45(text.slice(0, 3));
    return (method & 15) === 8 && method >> 4 <= 7 && (method * 256 + flags) % 31 === 0;
  } catch {
    return false;
  }
}

function card(text) {
  if (Buffer.byteLength(text) > CARD_TEXT_MAX) throw new Refusal("too_large");
  const cwt = cardMessage(read(inflate(base45(text))));
  return { cwt, claims: cardOf(read(cwt.payload)), printed: "paper_not_presence" };
}

/** A message with other headers than ours is another issuer's card. */
function cardMessage(message) {
  try {
    return sign1(message, PLAIN_CWT, [4]);
  } catch (error) {
    const isOthers = ["unknown_header", "algorithm_not_allowed"].includes(error.code);
    throw isOthers ? new Refusal("wrong_code") : error;
  }
}

function inflate(packed) {
  try {
    const { buffer, engine } = inflateSync(packed, { maxOutputLength: CARD_BYTES_MAX, info: true });
    if (engine.bytesWritten !== packed.length) throw malformed();
    return buffer;
  } catch (error) {
    if (error.code === "ERR_BUFFER_TOO_LARGE") throw new Refusal("too_large");
    throw malformed();
  }
}

function typesOf(vector, trust) {
  if (!vector.types) return undefined;
  const message = sign1(read(hex(vector.types)), TYPES, [4]);
  const content = read(message.payload);
  issuerOf(trust, message, { vct: "type-register", iat: content.get(2) });
  const kinds = content.get(4).map((kind) => {
    // A presentation is of the phone's form: claims of both forms (0) and of the phone (1). Print: of both and of paper (2).
    const words = (claim) => (claim.get(7) ?? []).filter((_, at) => at % WORD_ITEMS === 0);
    const place = (claim) => ({ at: claim.get(2), kind: claim.get(3), words: words(claim) });
    const of = (form) => kind.get(10).filter((claim) => claim.get(5) && [0, form].includes(claim.get(6))).map(place);
    const lastDays = kind.get(10).filter((claim) => claim.get(3) === LAST_DAY).map((claim) => claim.get(2));
    const list = [undefined, "id"][kind.get(6)] ?? (typeof kind.get(6) === "string" ? kind.get(6) : undefined);
    return [kind.get(1).toString(), { list, shown: kind.get(9), hasPhoto: kind.get(7), assurance: kind.get(8), required: of(1), requiredOnPaper: of(2), lastDays }];
  });
  return { iat: content.get(2), exp: content.get(3), kinds: new Map(kinds) };
}

function bindingOf(map) {
  const get = only(map, [3, 4, 6, 39, REQUEST_HASH]);
  const [audience, exp, iat] = [get(3, "text"), get(4, "uint", true), get(6, "uint")];
  const [nonce, hash] = [get(39, "bytes", true), get(REQUEST_HASH, "bytes", true)];
  const isTimed = exp !== undefined && !nonce && !hash;
  const isAnswer = exp === undefined && nonce?.length === 16 && hash?.length === 8;
  if (!isTimed && !isAnswer) throw malformed();
  if (audience === "" || Buffer.byteLength(audience) > AUDIENCE_BYTES_MAX) throw malformed();
  return { audience, exp, iat, nonce, hash, isTimed };
}

/** The rule of the service that the reader serves. */
function ruleOf(vector, trust) {
  if (!vector.rules) return undefined;
  const message = sign1(read(hex(vector.rules)), RULES, [4]);
  const content = read(message.payload);
  issuerOf(trust, message, { vct: "risk-rules", iat: content.get(2) });
  const rule = content.get(4).find((one) => one.get(1) === vector.service);
  if (!rule) return undefined;
  const [takes, isRequestOnly, assurance] = [rule.get(3).map(String), rule.get(4) === 2, rule.get(5)];
  return { iat: content.get(2), exp: content.get(3), takes, isRequestOnly, assurance, ages: [rule.get(6)[1], rule.get(7)[1]], must: rule.get(8) ?? new Map() };
}

function checkRule(rule, claims, binding) {
  if (rule.isRequestOnly && binding.isTimed) throw new Refusal("request_required");
  if (!rule.takes.includes(claims.vct)) throw new Refusal("wrong_pass");
  if (claims.at([0, ASSURANCE]) < rule.assurance) throw new Refusal("assurance_too_low");
  if ([...(rule.must.get(claims.vct) ?? [])].some(([fact, truth]) => claims.at([0, fact]) !== truth)) throw new Refusal("not_met");
}

/** The newest list, by the roots that were in force when it was signed: those before it may have changed them. */
function trustList(vector) {
  let roots = vector.roots.map(hex);
  for (const list of vector.trust_chain ?? []) {
    const next = signedByRoots(read(hex(list)), TRUST_LIST, roots).get(6);
    signedByRoots(read(hex(list)), TRUST_LIST, next);
    roots = next;
  }
  const content = signedByRoots(read(hex(vector.trust)), TRUST_LIST, roots);
  const keys = content.get(5).map((key) => ({
    key: publicKey(key.get(2)),
    allowed: key.get(4).map(String),
    nbf: key.get(5),
    exp: key.get(6),
    revokedAt: key.get(8),
    retiredAt: key.get(9),
  }));
  return { iat: content.get(2), exp: content.get(3), keys };
}

function issuerOf(trust, message, { vct, iat }) {
  const hint = message.headers.get(4).toString("hex");
  const candidates = trust.keys.filter(({ key }) => keyId(key) === hint).slice(0, 4);
  if (candidates.length === 0) throw new Refusal("unknown_issuer");
  const issuer = candidates.find(({ key }) => message.verifies(key));
  if (!issuer) throw new Refusal("issuer_signature");
  if (!issuer.allowed.includes(vct)) throw new Refusal("issuer_not_allowed");
  if (issuer.revokedAt !== undefined && iat >= startOfDay(issuer.revokedAt)) throw new Refusal("issuer_key_revoked");
  return issuer;
}

function requestOf(text) {
  const bytes = base45(text.slice("KPR:".length));
  const item = read(bytes);
  const payload = item instanceof Map ? item : read(item.value[2]);
  return { audience: payload.get(3), exp: payload.get(4), ask: payload.get(11).toString(), nonce: payload.get(39), hash: sha256(bytes).subarray(0, 8) };
}

function checkBinding(binding, claims, vector, request) {
  if (binding.isTimed) {
    if (claims.isPersonal) throw new Refusal("request_required");
    if (binding.exp < binding.iat) throw malformed();
    if (binding.exp - binding.iat > LIFETIME_MAX) throw new Refusal("lifetime_too_long");
    if (request) throw new Refusal("wrong_request");
    if (vector.audience === null) throw new Refusal("request_required");
    if (binding.audience !== vector.audience) throw new Refusal("wrong_desk");
    return;
  }
  if (!request) throw new Refusal("wrong_request");
  if (binding.audience !== request.audience) throw new Refusal("wrong_desk");
  if (!binding.nonce.equals(request.nonce) || !binding.hash.equals(request.hash)) throw new Refusal("wrong_request");
  if (claims.vct !== request.ask) throw new Refusal("wrong_pass");
}

function statusOf(vector, trust) {
  if (!vector.status) return undefined;
  const message = sign1(read(hex(vector.status)), STATUS_MANIFEST, [4]);
  const content = read(message.payload);
  issuerOf(trust, message, { vct: "status-manifest", iat: content.get(2) });
  const lists = new Map();
  for (const [name, [shards, width, roots]] of content.get(4)) {
    const bitmaps = [...roots].map(([number, root]) => {
      const purpose = PURPOSES[number - 1];
      const raw = vector.lists[name][purpose].map((shard) => shardOf(read(hex(shard)), width));
      if (raw.length !== shards || !sha256(Buffer.concat(raw.map(sha256))).equals(root)) throw new Error("not the list of the manifest");
      return [purpose, Buffer.concat(raw)];
    });
    lists.set(name, { length: shards * width, bitmaps: new Map(bitmaps) });
  }
  const standing = ({ list, index }) => {
    const { length = 0, bitmaps } = lists.get(list) ?? {};
    if (index >= length) return undefined;
    const isSet = (purpose) => bitmaps.has(purpose) && ((bitmaps.get(purpose)[index >> 3] >> (index & 7)) & 1) === 1;
    return ["revoked", "consumed", "suspended"].find(isSet) ?? "valid";
  };
  return { iat: content.get(2), exp: content.get(3), standing };
}

const PURPOSES = ["revoked", "suspended", "consumed"];

/** The raw bits of a shard: Rice-coded distances, the parameter following from length and count. */
function shardOf([length, count, coded], width) {
  if (length !== width) throw new Error("a shard of another size");
  let k = 0;
  while (count * 2 ** (k + 16) < length * 31_537 && k < 32) k += 1;
  let at = 0;
  const bit = () => {
    if (at >= coded.length * 8) throw new Error("a shard that ends too early");
    at += 1;
    return (coded[(at - 1) >> 3] >> (7 - ((at - 1) & 7))) & 1;
  };
  const raw = Buffer.alloc(width / 8);
  for (let next = 0, left = count; left > 0; left -= 1) {
    let distance = 0;
    while (bit() === 1) distance += 1;
    for (let place = 0; place < k; place += 1) distance = distance * 2 + bit();
    const index = next + distance;
    if (index >= length) throw new Error("an index outside of the shard");
    raw[index >> 3] |= 1 << (index & 7);
    next = index + 1;
  }
  return raw;
}
