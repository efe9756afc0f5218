import assert from "node:assert/strict";
import { faultPlace, faultText } from "../../src/telemetry/fault-text.js";

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
    assert.match(text, /^Error: outer\n +at .*fault-text.*caused by TypeError: inner\n +at .*caused by the engine$/s);
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
        assert.match(text, /SyntaxError\n +at .*fault-text/s);
      }
    }
  });
});

describe("faultPlace", () => {
  it("has the name and the place alone, whatever the message looks like", () => {
    for (const message of ["", SECRET, `${SECRET}\n    at ${SECRET}\n`]) {
      const text = faultPlace(new RangeError(message));
      assert.ok(!text.includes(SECRET), text);
      assert.match(text, /^RangeError\n +at .*fault-text/s);
    }
  });

  it("says no more than the type of what is no error, and only the name where the stack was changed", () => {
    assert.equal(faultPlace(SECRET), "a thrown string");
    assert.equal(faultPlace(Object.assign(new Error(SECRET), { stack: "changed" })), "Error");
  });
});
