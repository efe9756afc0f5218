import assert from "node:assert/strict";
import { once } from "node:events";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { GenerationInput } from "../../src/core/generation-request.js";
import type { PrepareCommand, PrepareNotice } from "../../src/core/prepare-messages.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { createPrepareTools } from "../../src/prepare/prepare-input.js";
import { grammarBoundsOf } from "../../src/prepare/grammar/rules/grammar-bounds.js";
import { PrepareHost } from "../../src/prepare/prepare-host.js";
import { Vocabulary } from "../../src/prepare/tokens/vocabulary.js";
import { ThreadChannel } from "../../src/threads/host-channel.js";
import { createTinyModel } from "../support/tiny-model.js";

const BOUNDS = grammarBoundsOf(DEFAULT_LIMITS);

describe("PrepareHost", () => {
  let vocabulary: Vocabulary;
  let port: MessagePort;
  let closes: number;

  before(async () => {
    vocabulary = await Vocabulary.load(await createTinyModel());
  });
  after(() => vocabulary[Symbol.asyncDispose]());

  beforeEach(() => {
    const channel = new MessageChannel();
    port = channel.port2;
    closes = 0;
    const tools = createPrepareTools(vocabulary, BOUNDS);
    new PrepareHost({ channel: new ThreadChannel(channel.port1), tools, onClose: () => closes++ });
  });
  afterEach(() => port.close());

  const say = (command: PrepareCommand): void => port.postMessage(command);
  const hear = async (): Promise<PrepareNotice> => ((await once(port, "message")) as [PrepareNotice])[0];
  const hearSome = async (count: number): Promise<PrepareNotice[]> => {
    const notices: PrepareNotice[] = [];
    const all = new Promise<void>((done) => {
      port.on("message", (notice: PrepareNotice) => {
        if (notices.push(notice) === count) done();
      });
    });
    await all;
    return notices;
  };
  const tokenize = (id: number, text: string): PrepareCommand => ({
    type: "tokenize",
    id,
    text,
    addBeginning: false,
    parseControlTokens: false,
  });
  const longText = "hello world ".repeat(20_000);

  it("answers each command with its id", async () => {
    say({ type: "prepare", id: 7, input: { type: "token_ids", tokenIds: [1, 2] }, maxInputTokens: 9 });
    assert.deepEqual(await hear(), { type: "tokens", id: 7, tokens: Uint32Array.of(1, 2) });
    say(tokenize(8, "ab"));
    assert.deepEqual(await hear(), { type: "tokens", id: 8, tokens: Uint32Array.of(97, 98) });
    say({ type: "detokenize", id: 9, tokenIds: [97, 256, 195] });
    assert.deepEqual(await hear(), { type: "text", id: 9, text: "a\u{FFFD}" });
    say({ type: "detokenize", id: 10, tokenIds: [] });
    assert.deepEqual(await hear(), { type: "text", id: 10, text: "" });
  });

  it("answers a faulty command with the field, and one that is too long with the count", async () => {
    say({ type: "detokenize", id: 1, tokenIds: [1, 100_000] });
    const description = `is 100000; it must be below ${vocabulary.size}, the size of the vocabulary`;
    assert.deepEqual(await hear(), { type: "refused", id: 1, violation: { field: "token_ids[1]", description } });
    say({ type: "prepare", id: 2, input: { type: "token_ids", tokenIds: [1, 2, 3] }, maxInputTokens: 2 });
    assert.deepEqual(await hear(), { type: "too_long", id: 2, inputTokens: 3, exact: true });
  });

  it("answers a command at which it is itself at fault, and goes on", async () => {
    say({ type: "prepare", id: 1, input: { type: "chat", messages: [undefined as never] }, maxInputTokens: 9 });
    assert.equal((await hear()).type, "failed");
    say(tokenize(2, "a"));
    assert.equal((await hear()).type, "tokens");
  });

  it("lets a small job pass a big one that came first", async () => {
    say(tokenize(1, longText));
    say(tokenize(2, "a"));
    const order = (await hearSome(2)).map((notice) => ("id" in notice ? notice.id : 0));
    assert.deepEqual(order, [2, 1]);
  });

  it("prepares a neighbour's short inputs while it compiles the grammar of many tools", async function () {
    this.timeout(60_000);
    const member = (index: number): object => ({ type: ["string", "integer", "boolean", "number"][index % 4] });
    const tools = Array.from({ length: 256 }, (_, tool) => {
      const properties = Object.fromEntries(
        Array.from({ length: 60 }, (_, index) => [`property_${index}_${tool}`, member(index)]),
      );
      return { name: `tool_${tool}`, description: "", parameters: JSON.stringify({ type: "object", properties }) };
    });
    const input: GenerationInput = {
      type: "chat",
      messages: [{ role: "user", content: "hello" }],
      tools: { tools, choice: { type: "required" } },
    };
    // The input does not fit, so that nearly all of the work is the grammar's.
    say({ type: "prepare", id: 1, input, maxInputTokens: 1_000 });
    let neighbours = 0;
    for (let id = 2; ; id++, neighbours++) {
      say(tokenize(id, "a"));
      const notice = await hear();
      if ("id" in notice && notice.id === 1) {
        assert.equal(notice.type, "too_long");
        break;
      }
    }
    assert.ok(neighbours >= 10, `${neighbours} inputs were prepared meanwhile`);
  });

  it("stops a job in the middle when it is cancelled", async () => {
    let turns = 0;
    const original = vocabulary.tokenize.bind(vocabulary);
    vocabulary.tokenize = (text) => {
      // The command is posted inside the first slice, so that the host receives it between two slices.
      if (++turns === 1) say({ type: "cancel", id: 1 });
      return original(text);
    };
    say(tokenize(1, longText));
    const notice = await hear();
    vocabulary.tokenize = original;
    assert.deepEqual(notice, { type: "cancelled", id: 1 });
    assert.ok(turns < 10);
  });

  it("answers nothing to the cancel of what has been answered", async () => {
    say(tokenize(1, "a"));
    assert.equal((await hear()).type, "tokens");
    say({ type: "cancel", id: 1 });
    say(tokenize(2, "b"));
    assert.deepEqual(await hear(), { type: "tokens", id: 2, tokens: Uint32Array.of(98) });
  });

  it("cancels what is left when it is closed, and says so once", async () => {
    say(tokenize(1, longText));
    say(tokenize(2, longText));
    say({ type: "close" });
    assert.deepEqual(await hearSome(2), [
      { type: "cancelled", id: 1 },
      { type: "cancelled", id: 2 },
    ]);
    assert.equal(closes, 1);
  });
});
