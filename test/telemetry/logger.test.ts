import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { createLogger, silentLogger } from "../../src/telemetry/logger.js";

/** A destination whose reader takes one write only when told to. */
class HeldWritable extends Writable {
  readonly taken: string[] = [];
  #release: (() => void) | undefined;
  #isOpen = false;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const take = (): void => {
      this.taken.push(chunk.toString());
      done();
    };
    if (this.#isOpen) take();
    else this.#release = take;
  }

  open(): void {
    this.#isOpen = true;
    this.#release?.();
  }
}

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("logger", () => {
  it("writes one JSON object a line, with level, time, fields and message", async () => {
    const destination = new PassThrough();
    {
      await using log = createLogger({ level: "info", destination });
      log.info({ slots: 4 }, "ready");
      log.child({ room: "rpc" }).warn({ err: new TypeError("odd") }, "strange");
    }
    const [first, second, ...rest] = linesOf(String(destination.read()));
    assert.deepEqual({ ...first, time: "" }, { level: "info", time: "", slots: 4, msg: "ready" });
    assert.match(String(first?.time), /^\d{4}-\d\d-\d\dT/);
    assert.equal(second?.room, "rpc");
    const { type, message, stack } = second.err as Record<string, string>;
    assert.deepEqual([type, message], ["TypeError", "odd"]);
    assert.match(stack ?? "", /logger\.test/);
    assert.deepEqual(rest, []);
  });

  it("writes of an error its name, code, message and place, and nothing that a library hung on it", async () => {
    const destination = new PassThrough();
    {
      await using log = createLogger({ level: "info", destination });
      log.error({ err: Object.assign(new Error("gone"), { code: "ECONNRESET", detail: "a row" }) }, "failed");
      log.error({ err: new SyntaxError("a quoted text") }, "failed");
      log.error({ err: "said by the engine" }, "failed");
    }
    const [first, second, third] = linesOf(String(destination.read())).map(({ err }) => err as Record<string, string>);
    assert.deepEqual(Object.keys(first ?? {}), ["type", "message", "code", "stack"]);
    assert.deepEqual([first?.message, first?.code], ["gone", "ECONNRESET"]);
    assert.equal(JSON.stringify(second).includes("quoted"), false);
    assert.equal(third, "said by the engine");
  });

  it("writes lines for people where it is asked to, with colours where its destination shows them", async () => {
    const [plain, coloured] = [new PassThrough(), Object.assign(new PassThrough(), { hasColors: () => true })];
    for (const destination of [plain, coloured]) {
      let announced = 0;
      await using log = createLogger({
        level: "info",
        format: "pretty",
        destination,
        beforeLine: () => (announced += 1),
      });
      log.warn({ slots: 4 }, "odd");
      assert.equal(announced, 1);
    }
    assert.match(String(plain.read()), /^\S+ warn {2}odd slots=4\n$/);
    assert.match(String(coloured.read()), /\u001b\[33mwarn \u001b\[0m odd /);
  });

  it("leaves out what is below its level", async () => {
    const destination = new PassThrough();
    {
      await using log = createLogger({ level: "warn", destination });
      log.debug(() => assert.fail("nobody reads it"), "no");
      log.info({}, "no");
      log.warn({}, "yes");
      log.error({}, "yes");
    }
    assert.deepEqual(
      linesOf(String(destination.read())).map(({ level, msg }) => `${String(level)} ${String(msg)}`),
      ["warn yes", "error yes"],
    );
  });

  it("drops and counts what a destination that stands still cannot buffer, and says so when it moves again", async () => {
    const destination = new HeldWritable();
    await using log = createLogger({ level: "info", destination, maxBufferedBytes: 2_000 });
    for (let index = 0; index < 1_000; index += 1) log.info({ index }, "a line");
    assert.ok(destination.writableLength <= 2_000);
    const dropped = log.droppedLines;
    assert.ok(dropped > 900 && dropped < 1_000, `${dropped} dropped`);

    destination.open();
    await new Promise((resolve) => destination.write("", resolve));
    log.info({}, "moving again");
    await new Promise((resolve) => destination.write("", resolve));
    const lines = linesOf(destination.taken.join(""));
    assert.equal(lines.length, 1_000 - dropped + 2);
    const [moving, warning] = lines.slice(-2);
    assert.equal(moving?.msg, "moving again");
    assert.equal(warning?.droppedLines, dropped);
    log.info({}, "and on");
    assert.equal(log.droppedLines, dropped);
  });

  it("outlives a destination that fails, and counts what is lost", async () => {
    const destination = new PassThrough();
    await using log = createLogger({ level: "info", destination });
    const closed = new Promise((resolve) => destination.once("close", resolve));
    destination.destroy(new Error("the pipe broke"));
    await closed;
    log.info({}, "nobody reads this");
    assert.equal(log.droppedLines, 1);
  });

  it("does not wait for ever, when it is closed, for a destination that stands still", async () => {
    const destination = new HeldWritable();
    {
      await using log = createLogger({ level: "info", destination });
      log.info({}, "stuck");
    }
    assert.deepEqual(destination.taken, []);
  });

  it("can be silent", () => {
    silentLogger.child({ room: "rpc" }).error({}, "nothing happens");
    assert.equal(silentLogger.child({}), silentLogger);
  });
});
