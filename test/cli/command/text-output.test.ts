import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { OutputClosed, TextOutput } from "../../../src/cli/command/text-output.js";
import { Deferred } from "../../../src/sync/deferred.js";

const { signal } = new AbortController();

/** What was written to it, as a terminal or not. */
function screen(isTTY: boolean): PassThrough & { isTTY: boolean } {
  return Object.assign(new PassThrough(), { isTTY });
}

function failing(code: string): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error("no"), { code })) }).on(
    "error",
    () => undefined,
  );
}

describe("TextOutput", () => {
  it("waits until the stream took the text", async () => {
    const taken = new Deferred<void>();
    const stream = new Writable({ write: (_chunk, _encoding, done) => void taken.promise.then(() => done()) });
    let isWritten = false;
    const writing = new TextOutput(stream, signal).write("a").then(() => (isWritten = true));
    await new Promise(setImmediate);
    assert.equal(isWritten, false);
    taken.resolve();
    await writing;
  });

  it("gives up waiting at an abort", async () => {
    const caller = new AbortController();
    const stream = new Writable({ write: () => {} });
    const writing = new TextOutput(stream, caller.signal).write("a");
    caller.abort(new Error("enough"));
    await assert.rejects(writing, { message: "enough" });
  });

  it("tells a reader who left from a failure", async () => {
    await assert.rejects(new TextOutput(failing("EPIPE"), signal).write("a"), OutputClosed);
    await assert.rejects(new TextOutput(failing("ENOSPC"), signal).write("a"), {
      message: "standard output cannot be written (ENOSPC)",
    });
  });

  it("shows control characters on a terminal, but breaks lines", async () => {
    const stream = screen(true);
    await new TextOutput(stream, signal).write("a\u001b[31m\tb\r\n\u007f\u009b\u0000 ü");
    assert.equal(String(stream.read()), "a␛[31m\tb␍\n␡\ufffd␀ ü");
  });

  it("leaves every byte as it is elsewhere, and adds none", async () => {
    const stream = screen(false);
    const output = new TextOutput(stream, signal);
    await output.write("a\u001b[31m");
    output.endLine();
    assert.equal(String(stream.read()), "a\u001b[31m");
  });

  it("ends a line on a terminal only where one is open", async () => {
    const stream = screen(true);
    const output = new TextOutput(stream, signal);
    output.endLine();
    await output.write("a");
    await output.write("");
    output.endLine();
    output.endLine();
    assert.equal(String(stream.read()), "a\n");
  });
});
