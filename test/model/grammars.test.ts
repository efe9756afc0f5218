import assert from "node:assert/strict";
import { NEVER_BIAS } from "../../src/core/generation-request.js";
import { NEUTRAL_SAMPLING } from "../../src/engine/engine.js";
import { LlamaEngine } from "../../src/engine/llama/llama-engine.js";
import { LoopHarness, type RunRequest, joined } from "../engine/loop-harness.js";
import { MARKED } from "../engine/marked-format.js";
import { FETCH_MODEL_LIMIT_MS, defaultModelPath } from "../support/default-model.js";
import { LlamaVocabulary } from "./llama-vocabulary.js";
import { rssGrowth } from "./rss-growth.js";

/** The model's control tokens `<|im_start|>` and `<|im_end|>`. */
const TURN_START = 1;
const TURN_END = 2;

const JSON_VALUE = String.raw`
object ::= "{" ws ( member ("," ws member){0,3} )? "}"
member ::= string ":" ws value ws
array ::= "[" ws ( scalar ws ("," ws scalar ws){0,3} )? "]"
value ::= scalar | array
scalar ::= string | number | "true" | "false" | "null"
string ::= "\"" ( [^"\\\x00-\x1f] | "\\" ["\\/bfnrt] ){0,12} "\""
number ::= "-"? ( "0" | [1-9] [0-9]{0,5} ) ( "." [0-9]{1,3} )?
ws ::= [ \n]{0,2}
`;
const OBJECT = { gbnf: `root ::= object${JSON_VALUE}`, prefixFree: true };
const NUMBER = { gbnf: `root ::= number ws${JSON_VALUE}`, prefixFree: false };
const CHOICES = { gbnf: 'root ::= "red" | "green" | "dark blue"', prefixFree: true };

describe("grammars on the default model", function () {
  this.timeout(FETCH_MODEL_LIMIT_MS);
  let engine: LlamaEngine;
  let ask: (question: string) => number[];

  before(async () => {
    const modelPath = await defaultModelPath();
    await using vocabulary = await LlamaVocabulary.load(modelPath);
    engine = await LlamaEngine.start({
      modelPath,
      sequences: 2,
      contextTokens: 512,
      threads: 1,
      maxPrefillTokens: 256,
      savedStateBytes: 64 * 1024 * 1024,
      stateDirectory: "auto",
      gpu: false,
    });
    const line = vocabulary.tokenize("\n");
    const [user, assistant] = [vocabulary.tokenize("user\n"), vocabulary.tokenize("assistant\n")];
    const asked = new Map<string, number[]>();
    for (const question of ["Tell me a story about a fox.", "How many legs has a cat?", "Which colour do you like?"]) {
      const words = vocabulary.tokenize(question);
      asked.set(question, [TURN_START, ...user, ...words, TURN_END, ...line, TURN_START, ...assistant]);
    }
    ask = (question) => asked.get(question) ?? [];
  });

  after(async () => {
    await engine[Symbol.asyncDispose]();
  });

  async function complete(request: RunRequest) {
    await using harness = new LoopHarness(engine);
    const { text, tokenIds, end } = await harness.complete({
      ...request,
      stopping: { maxOutputTokens: 300, ...request.stopping },
    });
    const reason = end.outcome.type === "finished" ? end.outcome.reason : end.outcome.type;
    assert.equal(tokenIds.length, end.tally.outputTokens);
    return { text, reason };
  }

  it("give a JSON object from a model that would rather tell a story, and end with its brace", async () => {
    for (const sampling of [{ temperature: 0 }, ...[1, 2, 3].map((seed) => ({ ...NEUTRAL_SAMPLING, seed }))]) {
      const prompt = ask("Tell me a story about a fox.");
      const { text, reason } = await complete({ prompt, sampling, grammar: OBJECT });
      assert.equal(reason, "constraint_complete", text);
      assert.equal(typeof JSON.parse(text), "object", text);
      assert.ok(text.endsWith("}"));
    }
  });

  it("give a number of as many digits as the model likes, without blanks after it", async () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const sampling = { ...NEUTRAL_SAMPLING, temperature: 0.7, seed };
      const prompt = ask("How many legs has a cat?");
      const { text, reason } = await complete({ prompt, sampling, grammar: NUMBER });
      assert.equal(reason, "constraint_complete", text);
      assert.match(text, /^-?\d+(?:\.\d+)?$/u);
    }
  });

  it("give one of the choices, and all of them in time", async () => {
    const given = new Set<string>();
    for (let seed = 1; seed <= 30; seed++) {
      const sampling = { ...NEUTRAL_SAMPLING, temperature: 2, seed };
      const { text, reason } = await complete({ prompt: ask("Which colour do you like?"), sampling, grammar: CHOICES });
      assert.equal(reason, "constraint_complete");
      given.add(text);
    }
    assert.deepEqual([...given].sort(), ["dark blue", "green", "red"]);
  });

  it("begin after reasoning whose budget is used up", async () => {
    await using harness = new LoopHarness(engine);
    const endTokens = ["</", "think", ">"].map((text) => tokenOf(engine, text));
    const runId = harness.start({
      prompt: ask("Which colour do you like?"),
      format: { ...MARKED, reasoning: { begin: "<think>", end: "</think>", endTokens, isOpen: true } },
      grammar: CHOICES,
      reasoningBudgetTokens: 12,
    });
    const { tally } = await harness.end(runId);
    const { pieces } = harness.story(runId);
    const answer = pieces.map((piece) => (piece.channel === "reasoning" ? "" : piece.text)).join("");
    assert.ok(["red", "green", "dark blue"].includes(answer), answer);
    assert.equal(tally.reasoningTokens, 12 + endTokens.length);
    assert.equal(joined(harness.story(runId)).tokenIds.length, tally.outputTokens);
  });

  it("that leave no token to sample fail their run, and no other", async () => {
    await using harness = new LoopHarness(engine);
    const neighbour = harness.start({ prompt: ask("How many legs has a cat?"), stopping: { maxOutputTokens: 20 } });
    const logitBias = ["r", "re", "red"].map((text) => ({ tokenId: tokenOf(engine, text), bias: NEVER_BIAS }));
    const { end } = await harness.complete({
      prompt: ask("Which colour do you like?"),
      sampling: { logitBias },
      grammar: { gbnf: 'root ::= "red"', prefixFree: true },
    });
    assert.equal(end.outcome.type, "failed");
    assert.equal((await harness.end(neighbour)).outcome.type, "finished");
    assert.equal(
      (await complete({ prompt: ask("Which colour do you like?"), grammar: CHOICES })).reason,
      "constraint_complete",
    );
  });

  it("do not make the process grow with the number of generations", async () => {
    const gbnf = `root ::= "a" | "${"a long text ".repeat(5_000)}"`;
    const request = { prompt: [TURN_START, 30], grammar: { gbnf, prefixFree: true }, stopping: { maxOutputTokens: 1 } };
    const growthBytes = await rssGrowth(150, async () => {
      await complete(request);
    });
    // So many states take 100 MiB. They are freed once they take 32 MiB and nobody waits.
    assert.ok(growthBytes < 50 * 1024 * 1024, `${growthBytes} bytes`);
  });
});

/** The token that stands for just this text. */
function tokenOf(engine: LlamaEngine, text: string): number {
  for (let tokenId = 0; tokenId < engine.vocabularySize; tokenId++) {
    if (Buffer.from(engine.tokenBytes(tokenId)).toString() === text) return tokenId;
  }
  throw new Error(`no token is ${text}`);
}
