// What @mosip/pixelpass writes, and what it reads of our printed card. Run by hand; see README.md.
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const cbor = require("cbor-web");
const pixelpass = require("@mosip/pixelpass");

const SOURCE = "@mosip/pixelpass 0.6.0";
const ISSUER = "https://issuer.example";

// Members of claim 169 by the names that PixelPass's users give them.
const MAPPER = {
  id: "1",
  fullName: "4",
  dateOfBirth: "8",
  gender: "9",
  address: "10",
  guardian: "15",
  secondaryFullName: "19",
  secondaryLanguage: "20",
};

const PERSON = {
  id: "3918592438",
  fullName: "Zarghuna Test",
  dateOfBirth: "19900515",
  gender: "Female",
  address: "House 12, Street 3, Hayatabad",
  secondaryFullName: "زرغونہ ٹیسٹ",
  secondaryLanguage: "ur",
};

// A key from a fixed seed, so that the files come out the same.
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");
const key = crypto.createPrivateKey({
  key: Buffer.concat([PKCS8_ED25519, Buffer.alloc(32, 7)]),
  format: "der",
  type: "pkcs8",
});
const publicKey = crypto.createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32).toString("hex");

function sign1(claims) {
  const headers = Buffer.from(cbor.encode(new Map([[1, -8]])));
  const payload = Buffer.from(cbor.encode(claims));
  const signed = cbor.encode(["Signature1", headers, Buffer.alloc(0), payload]);
  return new cbor.Tagged(18, [headers, new Map(), payload, crypto.sign(null, Buffer.from(signed), key)]);
}

function cwt(identity) {
  return new Map([
    [1, ISSUER],
    [4, 1800000000],
    [6, 1700000000],
    [169, identity],
  ]);
}

function write(folder) {
  const mapped = pixelpass.getMappedData(PERSON, MAPPER, true);
  const tagged = Buffer.from(cbor.encode(new cbor.Tagged(61, sign1(cwt(Buffer.from(mapped))))));
  const face = new Map([
    [0, Buffer.from("5249464604000000574542500a", "hex")],
    [1, 0],
  ]);
  const numbered = new Map([
    [1, PERSON.id],
    [4, PERSON.fullName],
    [9, 2],
    [62, face],
  ]);
  const files = {
    json: ["JSON as it is: a CBOR map with names, not signed", pixelpass.generateQRData(JSON.stringify(PERSON))],
    "mapped-json": [
      "JSON with claim 169's numbers as texts, not signed",
      pixelpass.generateQRData(JSON.stringify(pixelpass.getMappedData(PERSON, MAPPER))),
    ],
    "cwt-tag-61": ["a CWT in tag 61, claim 169 a byte string with text keys", pixelpass.generateQRData(new Uint8Array(tagged))],
    "cwt-hex": ["the same message handed over as hex digits", pixelpass.generateQRData(tagged.toString("hex"))],
    "face-map": [
      "a face as one map instead of an array",
      pixelpass.generateQRData(new Uint8Array(cbor.encode(sign1(cwt(numbered))))),
    ],
    text: ["a text that is no message", pixelpass.generateQRData("just a text")],
  };
  for (const [name, [what, qr]] of Object.entries(files)) {
    const file = { source: SOURCE, what, qr, key: publicKey };
    fs.writeFileSync(path.join(folder, `pixelpass-${name}.json`), `${JSON.stringify(file, null, 2)}\n`);
  }
}

function read(folder) {
  const { qr } = JSON.parse(fs.readFileSync(path.join(folder, "our-card.json"), "utf8"));
  const message = JSON.parse(pixelpass.decode(qr));
  const [, , payload] = message.value;
  const claims = cbor.decode(Buffer.from(payload.data));
  const saw = {
    source: SOURCE,
    tag: message.tag,
    issuer: claims.get(1),
    expires: claims.get(4),
    identity: pixelpass.decodeMappedData(claims.get(169), {
      1: "id",
      4: "full_name",
      8: "date_of_birth",
      9: "gender",
      10: "address",
      15: "guardian",
      19: "second_name",
      20: "second_language",
    }),
  };
  fs.writeFileSync(path.join(folder, "our-card-read-by-pixelpass.json"), `${JSON.stringify(saw, null, 2)}\n`);
}

const [, , command, folder] = process.argv;
({ write, read })[command](folder);
