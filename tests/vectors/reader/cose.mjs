// COSE_Sign1 and COSE_Sign with Ed25519 (RFC 9052), as narrow as docs/format.md has them. The platform's own Ed25519
// checks the signatures; what it does not refuse (weak and non-canonical points) is refused here.
import { createHash, createPublicKey, verify } from "node:crypto";

import { Refusal, malformed, read } from "./cbor.mjs";

const ALGORITHMS = [-8, -19];
const FIELD = 2n ** 255n - 19n;

/** The y coordinate of two points of order eight; its negative is that of the other two. */
const ORDER_EIGHT = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

/** The y coordinates of the eight points of small order. */
const SMALL_ORDER = new Set([0n, 1n, FIELD - 1n, ORDER_EIGHT, FIELD - ORDER_EIGHT]);

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest();

const little = (bytes) => [...bytes].reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);

const yOf = (point) => little(point) & (2n ** 255n - 1n);

/** The first 8 bytes of a key's SHA-256, hex. */
export const keyId = (key) => sha256(key).subarray(0, 8).toString("hex");

/** Checks that a key is 32 bytes written in the canonical way. */
export function keyBytes(bytes) {
  if (!Buffer.isBuffer(bytes) || bytes.length !== 32 || yOf(bytes) >= FIELD) throw malformed();
  return bytes;
}

/** Checks that 32 bytes are a canonical point that is not weak. */
export function publicKey(bytes) {
  keyBytes(bytes);
  if (SMALL_ORDER.has(yOf(bytes))) throw new Refusal("weak_key");
  return bytes;
}

function signed(key, message, signature) {
  const jwk = { kty: "OKP", crv: "Ed25519", x: key.toString("base64url") };
  if (SMALL_ORDER.has(yOf(signature.subarray(0, 32)))) return false;
  return verify(null, message, createPublicKey({ key: jwk, format: "jwk" }), signature);
}

function head(major, value) {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  if (value < 256) return Buffer.from([(major << 5) | 24, value]);
  if (value < 65536) return Buffer.from([(major << 5) | 25, value >> 8, value & 255]);
  return Buffer.concat([Buffer.from([(major << 5) | 26]), Buffer.from(Uint32Array.of(value).buffer).swap32()]);
}

const bytesItem = (bytes) => Buffer.concat([head(2, bytes.length), bytes]);
const structure = (context, parts) =>
  Buffer.concat([head(4, parts.length + 1), head(3, context.length), Buffer.from(context), ...parts.map(bytesItem)]);

const isKeyId = (value) => Buffer.isBuffer(value) && value.length === 8;

/** Reads a `COSE_Sign1` of the kind `typ`, which has the headers `labels` beside algorithm and kind. */
export function sign1(message, typ, labels) {
  if (message?.tag !== 18 || !Array.isArray(message.value) || message.value.length !== 4) throw malformed();
  const [protectedBytes, unprotected, payload, signature] = message.value;
  if (!Buffer.isBuffer(protectedBytes) || !(unprotected instanceof Map)) throw malformed();
  if (unprotected.size > 0) throw new Refusal("unknown_header");
  if (!Buffer.isBuffer(payload) || !Buffer.isBuffer(signature) || signature.length !== 64) throw malformed();
  const headers = read(protectedBytes);
  if (!(headers instanceof Map)) throw malformed();
  if (headers.has(4) && labels.includes(4) && !isKeyId(headers.get(4))) throw malformed();
  if ([...headers.keys()].some((label) => !Number.isInteger(label))) throw new Refusal("unknown_header");
  if (!ALGORITHMS.includes(headers.get(1))) throw new Refusal("algorithm_not_allowed");
  if (Number.isInteger(headers.get(16)) && headers.get(16) !== typ) throw new Refusal("wrong_code");
  if ([...headers.keys()].some((label) => ![1, 16, ...labels].includes(label))) throw new Refusal("unknown_header");
  if (headers.get(16) !== typ) throw new Refusal("wrong_code");
  if (!labels.every((label) => headers.has(label))) throw malformed();
  return {
    headers,
    payload,
    verifies: (key) => signed(key, structure("Signature1", [protectedBytes, Buffer.alloc(0), payload]), signature),
  };
}

/** Reads a `COSE_Sign` of the kind `typ` that at least two of the roots signed; gives its payload. */
export function signedByRoots(message, typ, roots) {
  if (message.tag !== 98) throw malformed();
  const [body, , payload, signers] = message.value;
  if (read(body).get(16) !== typ) throw malformed();
  const good = roots.filter((root) =>
    signers.some(([own, , signature]) => {
      const isRoots = read(own).get(4)?.toString("hex") === keyId(root);
      return isRoots && signed(root, structure("Signature", [body, own, Buffer.alloc(0), payload]), signature);
    }),
  );
  if (good.length < 2) throw new Error("fewer than two roots signed the trust list");
  return read(payload);
}
