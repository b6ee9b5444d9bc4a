// The vectors and the format's document, read by a second implementation that shares no code with the first.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { decide } from "../vectors/reader/verify.mjs";

const folder = new URL("../vectors/", import.meta.url);

for (const kind of ["valid", "invalid", "edge"]) {
  test(`a second reader agrees on every ${kind} vector`, () => {
    const files = readdirSync(new URL(`${kind}/`, folder));
    assert.ok(files.length >= 10, `${files.length} files`);
    for (const file of files) {
      const vector = JSON.parse(readFileSync(new URL(`${kind}/${file}`, folder), "utf8"));
      assert.equal(decide(vector), vector.code, `${kind}/${file}: ${vector.what}`);
    }
  });
}
