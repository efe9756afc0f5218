import assert from "node:assert/strict";
import { GenerationError } from "../../src/core/generation-error.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { Preparer } from "../../src/prepare/preparer.js";
import { RecordingLogger } from "./recording-logger.js";

/** Tests the link against a scripted worker. */
describe("Preparer, the link to its worker", () => {
  const neverAborts = new AbortController().signal;
  const entry = new URL("./scripted-prepare-worker.js", import.meta.url);

  const start = (log = new RecordingLogger()): Promise<Preparer> =>
    Preparer.start({ modelPath: "unused", limits: DEFAULT_LIMITS, log, queueCapacity: 2, entry });
  const say = (preparer: Preparer, text: string, signal = neverAborts): Promise<Uint32Array> =>
    preparer.tokenize({ text, addBeginning: false, parseControlTokens: false }, signal);

  it("knows the facts that the worker began with", async () => {
    await using preparer = await start();
    assert.deepEqual(preparer.facts, {
      vocabularySize: 9,
      template: { source: "model", family: "scripted", tools: "block", reasoning: false },
    });
  });

  it("refuses a call beyond its capacity, and takes one again when another is answered", async () => {
    await using preparer = await start();
    for (let call = 0; call < 3; call++) await say(preparer, "count");
    const abort = new AbortController();
    const held = [say(preparer, "hold", abort.signal), say(preparer, "hold", abort.signal)];
    await assert.rejects(say(preparer, "a"), {
      code: "TOO_MANY_CALLS",
      facts: { max_calls: "2" },
      retryAfterMs: 1_000,
    });
    abort.abort(new Error("enough"));
    await Promise.all(held.map((call) => assert.rejects(call, /enough/)));
    // Their callers have given the calls up, but the worker still has them.
    await assert.rejects(say(preparer, "a"), { code: "TOO_MANY_CALLS" });
  });

  it("fails a call at once with the signal's reason, whatever the worker is doing", async () => {
    await using preparer = await start();
    const abort = new AbortController();
    const call = say(preparer, "hold", abort.signal);
    const reason = new GenerationError("CANCELLED", "the client has left");
    abort.abort(reason);
    await assert.rejects(call, (error) => error === reason);
    // The worker knows of the cancel, and its answer makes room for another call.
    assert.deepEqual(await say(preparer, "settle"), Uint32Array.of(0));
  });

  it("does not trouble the worker with a call whose signal has aborted", async () => {
    await using preparer = await start();
    const reason = new Error("too late");
    await assert.rejects(say(preparer, "hold", AbortSignal.abort(reason)), (error) => error === reason);
    assert.deepEqual(await say(preparer, "count"), Uint32Array.of(0));
  });

  it("fails a call with a fixed text where the worker is at fault, and logs the cause", async () => {
    const log = new RecordingLogger();
    await using preparer = await start(log);
    await assert.rejects(say(preparer, "fail"), { code: "INTERNAL", message: "internal error" });
    assert.match(log.lines.join("\n"), /a secret of the worker/);
  });

  for (const [deed, cause] of [
    ["throw", /struck by lightning/],
    ["exit", /ended unasked/],
  ] as const) {
    it(`fails all calls with ENGINE_LOST when the worker dies by ${deed}, also those that come later`, async () => {
      const log = new RecordingLogger();
      await using preparer = await start(log);
      const held = say(preparer, "hold");
      const deadly = say(preparer, deed);
      await Promise.all([held, deadly].map((call) => assert.rejects(call, { code: "ENGINE_LOST" })));
      assert.match((await preparer.lost).message, cause);
      await assert.rejects(say(preparer, "a"), { code: "ENGINE_LOST" });
      assert.match(log.lines.join("\n"), /the prepare worker died/);
    });
  }

  it("ends what is in the worker when it is disposed of, and refuses what comes later", async () => {
    const preparer = await start();
    const refused = assert.rejects(say(preparer, "hold"), { code: "DRAINING" });
    const disposed = preparer[Symbol.asyncDispose]();
    await assert.rejects(say(preparer, "a"), { code: "DRAINING", retryAfterMs: 0 });
    await Promise.all([refused, disposed, preparer[Symbol.asyncDispose]()]);
  });
});
