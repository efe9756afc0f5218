import assert from "node:assert/strict";
import { printableText } from "../../src/telemetry/printable-text.js";

describe("printableText", () => {
  it("keeps what every display shows as itself", () => {
    for (const text of ["", "job-7", "Überprüfung 日本 😀", 'a"b\\c']) assert.equal(printableText(text), text);
  });

  it("writes everything else as its code point", () => {
    const cases = {
      "\n": "a",
      "\u001b": "1b",
      "\u007f": "7f",
      "\u009b": "9b",
      "\u202e": "202e",
      "\u2028": "2028",
      "\ud800": "d800",
    };
    for (const [met, code] of Object.entries(cases)) assert.equal(printableText(`x${met}y`), `x\\u{${code}}y`);
  });
});
