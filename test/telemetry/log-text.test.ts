import assert from "node:assert/strict";
import { faultPlace, faultText, printableText } from "../../src/telemetry/log-text.js";

const SECRET = "zqhiddenqz";

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("nothing was thrown");
}

describe("faultText", () => {
  it("has message and place of an error and of its causes", () => {
    const text = faultText(new Error("outer", { cause: new TypeError("inner", { cause: "the engine" }) }));
    assert.match(text, /^Error: outer\n +at .*log-text.*caused by TypeError: inner\n +at .*caused by the engine$/s);
  });

  it("has no message of what parses text, wherever in the chain it stands", () => {
    const parsing = [
      () => JSON.parse(SECRET) as unknown,
      () => JSON.parse(`{"${SECRET}": ${SECRET}}`) as unknown,
      () => new RegExp(`${SECRET}(`),
      () => BigInt(SECRET),
    ];
    for (const act of parsing) {
      for (const error of [thrownBy(act), new Error("outer", { cause: thrownBy(act) })]) {
        const text = faultText(error);
        assert.ok(!text.includes(SECRET), text);
        assert.match(text, /SyntaxError\n +at .*log-text/s);
      }
    }
  });
});

describe("faultPlace", () => {
  it("has the name and the place alone, whatever the message looks like", () => {
    for (const message of ["", SECRET, `${SECRET}\n    at ${SECRET}\n`]) {
      const text = faultPlace(new RangeError(message));
      assert.ok(!text.includes(SECRET), text);
      assert.match(text, /^RangeError\n +at .*log-text/s);
    }
  });

  it("says no more than the type of what is no error, and only the name where the stack was changed", () => {
    assert.equal(faultPlace(SECRET), "a thrown string");
    assert.equal(faultPlace(Object.assign(new Error(SECRET), { stack: "changed" })), "Error");
  });
});

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
