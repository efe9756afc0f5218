import assert from "node:assert/strict";
import { type ChatTurn, RillChat } from "../bench/client/chat.js";
import { defaultModelPath, FETCH_MODEL_LIMIT_MS } from "../support/default-model.js";
import { ServerProcess } from "../support/server-process.js";

/** Longer than what would sooner be read in again. */
const OPENING = "We speak of colours, and of where they are seen in the world around us, by day and by night. ".repeat(
  4,
);
const OTHER_OPENING =
  "Let us talk about numbers, large ones and small ones, and what they are good for in a house. ".repeat(4);
const QUESTIONS = ["Name three of them.", "Which of them is the oldest?", "And the youngest?", "What is a rainbow?"];
const OUTPUT_TOKENS = 24;

describe("turns of a session on the default model", function () {
  this.timeout(FETCH_MODEL_LIMIT_MS);
  /** With one slot: of two conversations that take turns, each loses it to the other. */
  let server: ServerProcess;

  before(async () => {
    const flags = ["--model", await defaultModelPath(), "--slots", "1", "--context-tokens", "1024"];
    server = await ServerProcess.start({ flags: [...flags, "--store", "memory:"] });
  });

  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  it("come back by what was saved, though another conversation has taken their sequence", async () => {
    using first = await RillChat.open(server.address);
    using second = await RillChat.open(server.address);
    const turns: [ChatTurn, ChatTurn][] = [];
    for (const [index, question] of QUESTIONS.entries()) {
      const [one, other] = index === 0 ? [OPENING, OTHER_OPENING] : ["", ""];
      turns.push([await first.say(one + question, OUTPUT_TOKENS), await second.say(other + question, OUTPUT_TOKENS)]);
    }
    for (const [index, pair] of turns.entries()) {
      const before = turns[index - 1];
      for (const [chat, turn] of pair.entries()) {
        if (before === undefined) continue;
        const { inputTokens, outputTokens } = before[chat] ?? assert.fail();
        const share = turn.reusedTokens / (inputTokens + outputTokens);
        assert.ok(share >= 0.95, `turn ${index + 1} reused ${share} of its history`);
      }
    }
  });

  it("reuse what an answer that was cut off has left", async () => {
    using chat = await RillChat.open(server.address);
    const cut = await chat.say("Tell me a long story of a river.", 5);
    const next = await chat.say("Go on.", OUTPUT_TOKENS);
    assert.ok(next.reusedTokens >= 0.95 * (cut.inputTokens + cut.outputTokens), JSON.stringify({ cut, next }));
  });
});
