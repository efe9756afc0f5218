import assert from "node:assert/strict";
import fc from "fast-check";
import { writtenNames } from "../../../src/prepare/template/written-names.js";

const WRITABLE = /^[A-Za-z0-9_.-]{1,64}$/;
const named = (tools: readonly string[], called: readonly string[] = []): (string | undefined)[] => {
  const written = writtenNames({ tools, called });
  return [...tools, ...called].map((name) => written.get(name));
};
/** Names that often differ in one character only, and often are too long. */
const anyName = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "_", "/", ":", "-", "."), minLength: 1, maxLength: 4 }),
  fc.string({ unit: fc.constantFrom("a", "/"), minLength: 60, maxLength: 128 }),
  fc.string({ minLength: 1, maxLength: 8 }),
);
const names = fc.uniqueArray(anyName, { maxLength: 12 });

describe("written names", () => {
  it("are the caller's where a model can write them", () => {
    assert.deepEqual(named(["get_weather", "add-2", "weather.find"]), ["get_weather", "add-2", "weather.find"]);
  });

  it("have an underscore for each character that models do not write", () => {
    assert.deepEqual(named(["github/search:issues"], ["wetter für/heute 😀"]), [
      "github_search_issues",
      "wetter_f_r_heute__",
    ]);
  });

  it("end in a digest where they are too long, and where another tool has the name", () => {
    const long = `files/${"x".repeat(100)}`;
    const [cut, taken, own] = named([long, "a/b", "a_b"]);
    assert.match(cut ?? "", /^files_x{49}_[0-9a-f]{8}$/);
    assert.match(taken ?? "", /^a_b_[0-9a-f]{8}$/);
    assert.equal(own, "a_b");
  });

  it("are writable, all different, and the same whatever is called later", () => {
    fc.assert(
      fc.property(names, names, names, (tools, called, later) => {
        const written = writtenNames({ tools, called });
        const all = [...new Set([...tools, ...called])].map((name) => written.get(name) ?? "");
        for (const name of all) assert.match(name, WRITABLE);
        assert.equal(new Set(all).size, all.length);
        for (const name of tools) if (WRITABLE.test(name)) assert.equal(written.get(name), name);
        const after = writtenNames({ tools, called: [...called, ...later] });
        for (const [own, name] of written) assert.equal(after.get(own), name);
      }),
    );
  });
});
