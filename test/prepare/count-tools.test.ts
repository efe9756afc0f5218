import assert from "node:assert/strict";
import fc from "fast-check";
import type { Message, ToolUse } from "../../src/core/conversation.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import type { ToolTokens } from "../../src/core/prepare-messages.js";
import { countTools } from "../../src/prepare/count-tools.js";
import { grammarBoundsOf } from "../../src/prepare/grammar/rules/grammar-bounds.js";
import { createPrepareTools, prepareInput, type PrepareTools } from "../../src/prepare/prepare-input.js";
import { Vocabulary } from "../../src/prepare/tokens/vocabulary.js";
import { createTinyModel } from "../support/tiny-model.js";
import { assistant, system, user } from "./conversation.js";
import { runJob } from "./run-job.js";

const BOUNDS = grammarBoundsOf(DEFAULT_LIMITS);
const tools = (descriptions: readonly string[], choice: ToolUse["choice"] = { type: "auto" }): ToolUse => ({
  tools: descriptions.map((description, index) => ({ name: `f/${index}`, description, parameters: "{}" })),
  choice,
  parallel: true,
});

describe("the tokens of tools", () => {
  let vocabulary: Vocabulary;
  let prepareTools: PrepareTools;

  before(async () => {
    vocabulary = await Vocabulary.load(await createTinyModel());
    prepareTools = createPrepareTools(vocabulary, BOUNDS);
  });
  after(() => vocabulary[Symbol.asyncDispose]());

  const count = (messages: readonly Message[], use: ToolUse | undefined, maxTokens = 100_000): ToolTokens =>
    runJob(countTools(prepareTools, { input: { type: "chat", messages, ...(use && { tools: use }) }, maxTokens }))
      .value;
  const length = (messages: readonly Message[], use: ToolUse | undefined): number => {
    const input = { type: "chat", messages, ...(use && { tools: use }) } as const;
    const prepared = runJob(prepareInput(prepareTools, { input, maxInputTokens: 100_000 })).value;
    assert.ok(prepared.type === "tokens");
    return prepared.tokens.length;
  };

  it("are those by which the input is shorter without them", () => {
    const text = fc.string({ maxLength: 20 });
    const says = fc.oneof(
      text.map((content) => user(content)),
      text.map((content) => assistant(content)),
    );
    const opening = fc.option(
      text.map((content) => system(content)),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        opening,
        fc.array(says, { maxLength: 4 }),
        fc.array(text, { minLength: 1, maxLength: 3 }),
        (first, rest, texts) => {
          const messages = [...(first === undefined ? [] : [first]), ...rest, user("?")];
          const use = tools(texts);
          const tokens = length(messages, use) - length(messages, undefined);
          assert.deepEqual(count(messages, use), { tokens, exact: true });
        },
      ),
      { numRuns: 50 },
    );
  });

  it("are none where the prompt shows no tools", () => {
    assert.deepEqual(count([user("?")], undefined), { tokens: 0, exact: true });
    assert.deepEqual(count([user("?")], tools(["x"], { type: "none" })), { tokens: 0, exact: true });
  });

  it("are counted up to a bound", () => {
    const use = tools(["long ".repeat(20_000)]);
    const { tokens, exact } = count([user("?")], use, 500);
    assert.equal(exact, false);
    assert.ok(tokens > 400 && tokens < 20_000, String(tokens));
  });
});
