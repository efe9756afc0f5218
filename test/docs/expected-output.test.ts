import assert from "node:assert/strict";
import { expectsAnything, matchesExpected } from "./expected-output.js";

describe("The expected output of a command in a page", () => {
  it("is what the command prints, but for white space at the ends of lines", () => {
    assert.ok(matchesExpected("a  \nb\n", "a\nb"));
    assert.ok(!matchesExpected("a\nb\n", "a"));
    assert.ok(!matchesExpected("a\nb\nc\n", "a\nc"));
    assert.ok(!matchesExpected("", "a"));
    assert.ok(matchesExpected("", ""));
  });

  it("takes characters of regular expressions as they are", () => {
    assert.ok(matchesExpected('{"a": [1.5]}\n', '{"a": [1.5]}'));
    assert.ok(!matchesExpected('{"a": [1x5]}\n', '{"a": [1.5]}'));
  });

  it("has a placeholder within a line that stands for any text of that line alone", () => {
    assert.ok(matchesExpected('  "id": "gen_12",\n', '  "id": "…",'));
    assert.ok(!matchesExpected('  "id": "gen_12",\n  "b": 1,\n', '  "id": "…",'));
    assert.ok(!matchesExpected("after 3 s\n", "after … ms"));
  });

  it("has a placeholder on a line of its own that stands for any lines, and for none", () => {
    assert.ok(matchesExpected("first\nx\ny\nlast\n", "first\n…\nlast"));
    assert.ok(matchesExpected("first\nlast\n", "first\n…\nlast"));
    assert.ok(!matchesExpected("first\nx\ny\n", "first\n…\nlast"));
  });

  it("says nothing where it is only placeholders", () => {
    assert.ok(expectsAnything("…\n"));
    assert.ok(!expectsAnything("…\ndone"));
  });
});
