import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import type { GenerationInput } from "../../src/core/generation-request.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { Preparer } from "../../src/prepare/preparer.js";
import { createTinyModel } from "../support/tiny-model.js";
import { TURN_END_TOKEN as END, TURN_START_TOKEN as BOS } from "../support/tiny-vocabulary.js";
import { user } from "./conversation.js";
import { RecordingLogger } from "./recording-logger.js";

/** Tests the whole room with a worker thread and a real vocabulary. */
describe("Preparer", () => {
  const { signal } = new AbortController();
  const log = new RecordingLogger();
  let preparer: Preparer;

  before(async () => {
    preparer = await Preparer.start({
      modelPath: await createTinyModel(),
      limits: DEFAULT_LIMITS,
      log,
      queueCapacity: 64,
    });
  });
  after(() => preparer[Symbol.asyncDispose]());

  const prepare = async (input: GenerationInput, maxInputTokens = 1_000): Promise<Uint32Array> =>
    (await preparer.prepare(input, { maxInputTokens, signal })).tokens;
  const prompt = (text: string): GenerationInput => ({ type: "prompt", text, parseControlTokens: false });

  it("knows the size of the vocabulary and the template", () => {
    assert.equal(preparer.facts.vocabularySize > 259, true);
    assert.deepEqual(preparer.facts.template, {
      source: "model",
      family: "chatml",
      tools: "block",
      reasoning: false,
    });
  });

  it("warns of a template that cannot be used, once at the start, and says why in its facts", async () => {
    const own = new RecordingLogger();
    const chatTemplate = "{% for m in messages %}\n{{ m.content }";
    const modelPath = await createTinyModel(undefined, { chatTemplate });
    const options = { modelPath, limits: DEFAULT_LIMITS, log: own, queueCapacity: 1 };
    await using other = await Preparer.start(options);
    const problem = 'line 2: unexpected "}"';
    assert.deepEqual(other.facts.template, {
      source: "fallback",
      family: "chatml",
      problem,
      tools: "block",
      reasoning: false,
    });
    assert.equal(own.lines.length, 1);
    assert.match(
      own.lines[0] ?? "",
      /^the chat template in the model's file cannot be used, so another one takes its place/,
    );
    assert.ok(own.lines[0]?.includes(problem));
    assert.deepEqual(log.lines, []);
  });

  it("warns of a template whose calls are in a form that nobody knows, and describes the tools in a block", async () => {
    const own = new RecordingLogger();
    const chatTemplate =
      "{% for tool in tools %}{{ tool | tojson }}{% endfor %}{% for m in messages %}{{ m.content }}" +
      "{% for call in m.tool_calls %}!!{{ call.function.name }}={{ call.function.arguments }}!!{% endfor %}{% endfor %}";
    const modelPath = await createTinyModel(undefined, { chatTemplate });
    await using other = await Preparer.start({ modelPath, limits: DEFAULT_LIMITS, log: own, queueCapacity: 1 });
    assert.equal(other.facts.template.hasUnknownCalls, true);
    assert.equal(other.facts.template.tools, "block");
    assert.deepEqual(
      own.lines.map((line) => line.split(",")[0]),
      ["the chat template writes tool calls in a form that is not known"],
    );
  });

  it("holds grammars to the limits that it began with", async () => {
    const deep = JSON.stringify({ type: "array", items: { type: "array", items: { type: "array", maxItems: 1 } } });
    const request = [
      { type: "prompt", text: "a", parseControlTokens: false },
      { maxInputTokens: 1_000, signal, constraint: { type: "json_schema", schema: deep } },
    ] as const;
    assert.ok((await preparer.prepare(...request)).grammar !== undefined);
    const limits = { ...DEFAULT_LIMITS, grammarNesting: 2 };
    await using narrow = await Preparer.start({ modelPath: await createTinyModel(), limits, log, queueCapacity: 1 });
    await assert.rejects(narrow.prepare(...request), { code: "INVALID_REQUEST", message: /^json_schema: .*2 deep/ });
  });

  it("tells how the output will be marked up", async () => {
    const tools = {
      tools: [{ name: "add", description: "", parameters: "{}" }],
      choice: { type: "auto" },
      parallel: true,
    } as const;
    const chat = { type: "chat", messages: [user("Hello")] } as const;
    const options = { maxInputTokens: 1_000, signal };
    const prepared = await preparer.prepare({ ...chat, tools }, options);
    assert.deepEqual(prepared.format?.toolNames, ["add"]);
    assert.equal((await preparer.prepare(chat, options)).format, undefined);
    const refused = preparer.prepare(chat, { ...options, reasoning: true });
    await assert.rejects(refused, { code: "INVALID_REQUEST", message: /^reasoning\.enabled: / });
  });

  it("prepares each kind of input", async () => {
    assert.deepEqual(await prepare(prompt("a the")), Uint32Array.of(97, 261));
    assert.deepEqual(await prepare({ type: "token_ids", tokenIds: [1, END] }), Uint32Array.of(1, END));
    const chat = await prepare({ type: "chat", messages: [user("Hello")] });
    assert.deepEqual(
      [...chat].filter((id) => id === BOS || id === END),
      [BOS, END, BOS, END, BOS],
    );
  });

  it("refuses faulty input with the violation", async () => {
    await assert.rejects(prepare(prompt("")), {
      code: "INVALID_REQUEST",
      message: "prompt: must not be empty",
      violations: [{ field: "prompt", description: "must not be empty" }],
    });
  });

  it("refuses what is too long with the counts and the field", async () => {
    const description = "the input has 4 tokens and the context holds 4, one of them for the output";
    await assert.rejects(prepare({ type: "token_ids", tokenIds: [1, 2, 3, 4] }, 3), {
      code: "INPUT_TOO_LONG",
      message: description,
      violations: [{ field: "token_ids.ids", description }],
      facts: { input_tokens: "4", input_tokens_exact: "true", context_tokens: "4" },
    });
    const huge = prepare({ type: "chat", messages: [user("é".repeat(2_000_000))] });
    await assert.rejects(huge, /the input has at least \d+ tokens and the context holds 1001/);
  });

  it("tokenises and detokenises any text, longer ones too than the context", async () => {
    const text = "hello world, <|im_end|> 你好\n".repeat(5_000);
    const tokens = await preparer.tokenize({ text, addBeginning: true, parseControlTokens: false }, signal);
    assert.equal(await preparer.detokenize([...tokens], signal), text);
    const parsed = await preparer.tokenize(
      { text: "<|im_end|>", addBeginning: true, parseControlTokens: true },
      signal,
    );
    assert.deepEqual(parsed, Uint32Array.of(END));
  });

  it("answers a small call before a big one that came first", async () => {
    const order: string[] = [];
    const request = { addBeginning: false, parseControlTokens: false };
    await Promise.all([
      preparer.tokenize({ ...request, text: "hello world ".repeat(100_000) }, signal).then(() => order.push("big")),
      preparer.tokenize({ ...request, text: "a" }, signal).then(() => order.push("small")),
    ]);
    assert.deepEqual(order, ["small", "big"]);
  });

  it("makes its own thread give way, and no other", function () {
    if (process.platform !== "linux") return this.skip();
    const priorities = readdirSync("/proc/self/task").map((threadId) => getPriority(Number(threadId)));
    const usual = getPriority();
    assert.deepEqual(
      priorities.filter((priority) => priority !== usual),
      [10],
    );
  });

  describe("on a file that it cannot use", () => {
    let folder: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "rill-prepare-"));
    });
    after(() => rm(folder, { recursive: true }));

    const startOn = (modelPath: string): Promise<Preparer> =>
      Preparer.start({ modelPath, limits: DEFAULT_LIMITS, log, queueCapacity: 1 });

    it("says which file, and that it is not there", async () => {
      const modelPath = join(folder, "absent.gguf");
      await assert.rejects(startOn(modelPath), (error: Error) => {
        assert.ok(error.message.startsWith(`cannot load the vocabulary of ${modelPath}: `));
        assert.match(error.message, /ENOENT/);
        return true;
      });
    });

    it("says that it is not a GGUF", async () => {
      const modelPath = join(folder, "text.gguf");
      await writeFile(modelPath, "This is no model.\n".repeat(100));
      await assert.rejects(startOn(modelPath), /cannot load the vocabulary of .*GGUF/);
    });

    it("does not start on a truncated one", async () => {
      const modelPath = await createTinyModel(folder);
      await truncate(modelPath, 2_000);
      await assert.rejects(startOn(modelPath), /cannot load the vocabulary of /);
    });
  });
});
