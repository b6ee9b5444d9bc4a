// What was accepted with old data is never seen or heard as what was accepted with new ones.
import { expect, test } from "vitest";

import { ACCEPTED } from "./program.fake";
import { signOf } from "./sign";

test("amber is only what is accepted with old data, and a face that is asked for is a question", () => {
  expect(signOf({ ...ACCEPTED, freshness: "green" })).toBe("accepted");
  expect(signOf(ACCEPTED)).toBe("accepted");
  expect(signOf({ ...ACCEPTED, freshness: "amber" })).toBe("amber");
  expect(signOf({ ...ACCEPTED, verdict: "refused", freshness: "amber" })).toBe("refused");
  expect(signOf({ ...ACCEPTED, verdict: "undecided", code: "paper_not_presence", freshness: "amber" })).toBe("undecided");
  const attendance = { movement: "in", at: 1, ask_face: true } as const;
  expect(signOf({ ...ACCEPTED, freshness: "amber", attendance })).toBe("undecided");
  expect(signOf({ ...ACCEPTED, freshness: "amber", attendance: { ...attendance, ask_face: false } })).toBe("amber");
});
