import assert from "node:assert/strict";
import { prettyLine } from "../../src/telemetry/pretty-line.js";

const TIME = "2026-11-30T09:05:03.120Z";

/** A line of the JSON log. */
function json(fields: object, level = "info"): string {
  return `${JSON.stringify({ level, time: TIME, ...fields })}\n`;
}

describe("a line of the log for people", () => {
  it("has the local time, the level, the message and the fields", () => {
    const line = prettyLine(
      json({ address: "127.0.0.1:50051", slots: 8, path: "/a b", odd: { a: [1] }, msg: "ready" }),
      false,
    );
    const [, time, rest] = /^(\S+) (.*)\n$/.exec(line) ?? [];
    const local = new Date(TIME);
    const [hours, minutes] = [local.getHours(), local.getMinutes()].map((part) => String(part).padStart(2, "0"));
    assert.equal(time, `${String(hours)}:${String(minutes)}:03.120`);
    assert.equal(rest, 'info  ready address=127.0.0.1:50051 slots=8 path="/a b" odd={"a":[1]}');
  });

  it("shows the stack of an error below it, with its code, and any other fault as a field", () => {
    const err = { type: "Error", message: "gone", code: "ECONNRESET", stack: "Error: gone\n    at place" };
    assert.match(
      prettyLine(json({ err, msg: "failed" }, "error"), false),
      / error failed code=ECONNRESET\n {4}Error: gone\n {8}at place\n$/,
    );
    assert.match(prettyLine(json({ err: "said so", msg: "failed" }), false), / info  failed err="said so"\n$/);
  });

  it("keeps every character that a terminal would obey from doing so, in names, values, messages and stacks", () => {
    const evil = "a\u001b[31mb\nc\u009bd\u202ee\r";
    const err = { type: "Error", message: evil, stack: `Error: ${evil}` };
    const line = prettyLine(json({ [evil]: evil, inner: { [evil]: evil }, err, msg: evil }), false);
    // The stack's own line breaks are kept, because each of its lines is indented.
    assert.match(line, /^[^\p{C}]+\n {4}[^\p{C}]+\n {4}[^\p{C}]+\n$/u);
    assert.ok(line.includes("\\u{9b}"));
  });

  it("has colours only where the destination shows them", () => {
    assert.ok(!prettyLine(json({ slots: 1, msg: "odd" }, "warn"), false).includes("\u001b"));
    assert.ok(prettyLine(json({ slots: 1, msg: "odd" }, "warn"), true).includes("\u001b[33mwarn \u001b[0m"));
  });
});
