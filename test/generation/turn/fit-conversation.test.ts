import assert from "node:assert/strict";
import fc from "fast-check";
import type { Message } from "../../../src/core/conversation.js";
import { GenerationError } from "../../../src/core/generation-error.js";
import { conversationOf, fitConversation, type ReadTurn } from "../../../src/generation/turn/fit-conversation.js";
import type { PreparedInput } from "../../../src/core/prepare-messages.js";

const NEW = [{ role: "user", content: "new" }] as const;

/** Each message counts as many tokens as it has characters; more than `room` is too long. */
function preparing(room: number): (messages: readonly Message[]) => Promise<PreparedInput> {
  return (messages) => {
    const tokens = messages.reduce((sum, { content }) => sum + content.length, 0);
    if (tokens > room) return Promise.reject(new GenerationError("INPUT_TOO_LONG", "too long"));
    return Promise.resolve({ tokens: new Uint32Array(tokens) });
  };
}

const turnOf = (length: number, continues = false): ReadTurn => ({
  status: "truncated",
  messages: continues ? [] : [{ role: "user", content: "q".repeat(length) }],
  continues,
  answer: "a".repeat(length),
});

const tokensOf = (turns: readonly ReadTurn[]): number =>
  turns.reduce((sum, turn) => sum + turn.answer.length + (turn.messages[0]?.content.length ?? 0), 0);

describe("Fitting a conversation", () => {
  it("drops the fewest of the oldest exchanges that it can, and at most a quarter of the others with them", async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.integer({ min: 3, max: 400 }), async (turnLengths, room) => {
        const history = turnLengths.map((length) => turnOf(length));
        const fitted = await fitConversation({
          history,
          messages: NEW,
          policy: "drop_oldest_turns",
          prepare: preparing(room),
        });
        const dropped = fitted.contextTrimmed?.droppedTurns ?? 0;
        const kept = history.slice(dropped);
        assert.equal(fitted.input.tokens.length, tokensOf(kept) + 3);
        assert.equal(fitted.contextTrimmed?.keptTurns ?? history.length, kept.length);
        const needed = history.findIndex((_, index) => tokensOf(history.slice(index)) + 3 <= room);
        const fewest = needed < 0 ? history.length : needed;
        assert.ok(dropped >= fewest && dropped <= fewest + (history.length - fewest) / 4, `${dropped}, not ${fewest}`);
      }),
    );
  });

  it("keeps what is left for some turns on, as the conversation grows", async () => {
    const history: ReadTurn[] = [];
    const beginnings: number[] = [];
    for (let turn = 0; turn < 60; turn += 1) {
      const fitted = await fitConversation({
        history,
        messages: NEW,
        policy: "drop_oldest_turns",
        prepare: preparing(200),
      });
      beginnings.push(fitted.contextTrimmed?.droppedTurns ?? 0);
      history.push(turnOf(5));
    }
    const cuts = new Set(beginnings).size - 1;
    assert.ok(cuts <= (60 - 20) / 3, `${cuts} cuts`);
    assert.deepEqual(
      beginnings,
      beginnings.toSorted((a, b) => a - b),
    );
  });

  it("never parts an answer from those that went on with it, nor from the turn that does", async () => {
    const history = [turnOf(5), turnOf(5), turnOf(5, true), turnOf(5, true)];
    const drop = { history, policy: "drop_oldest_turns" } as const;
    const one = await fitConversation({ ...drop, messages: NEW, prepare: preparing(12) });
    assert.deepEqual(one.contextTrimmed, { type: "context_trimmed", droppedTurns: 4, keptTurns: 0 });
    const going = await fitConversation({ ...drop, messages: [], prepare: preparing(20) });
    assert.deepEqual(going.contextTrimmed, { type: "context_trimmed", droppedTurns: 1, keptTurns: 3 });
    await assert.rejects(fitConversation({ ...drop, messages: [], prepare: preparing(19) }), {
      code: "INPUT_TOO_LONG",
    });
  });

  it("drops nothing where the caller refuses that", async () => {
    const prepare = preparing(10);
    await assert.rejects(fitConversation({ history: [turnOf(9)], messages: NEW, policy: "refuse", prepare }), {
      code: "INPUT_TOO_LONG",
    });
  });

  it("keeps calls and their results together, those included that the new turn brings", async () => {
    const result = (content: string): Message => ({ role: "tool", content, toolCallId: "c" });
    const calling = { ...turnOf(4), toolCalls: [{ id: "c", name: "f", arguments: "{}" }] };
    const answered: ReadTurn = { ...turnOf(4), messages: [result("rrrr")] };
    const drop = { policy: "drop_oldest_turns", prepare: preparing(12) } as const;
    const one = await fitConversation({ ...drop, history: [calling, answered, turnOf(4)], messages: NEW });
    assert.deepEqual(one.contextTrimmed, { type: "context_trimmed", droppedTurns: 2, keptTurns: 1 });
    const going = await fitConversation({ ...drop, history: [turnOf(4), calling], messages: [result("rrrr")] });
    assert.deepEqual(going.contextTrimmed, { type: "context_trimmed", droppedTurns: 1, keptTurns: 1 });
    const tooLong = fitConversation({ ...drop, history: [turnOf(4), calling], messages: [result("r".repeat(5))] });
    await assert.rejects(tooLong, { code: "INPUT_TOO_LONG" });
  });
});

describe("A stored conversation", () => {
  const turn = (given: Partial<ReadTurn>): ReadTurn => ({
    status: "complete",
    messages: [],
    continues: false,
    answer: "",
    ...given,
  });
  const CALL = { id: "c", name: "f", arguments: "{}" };
  const asked = turn({
    messages: [{ role: "user", content: "why?" }],
    answer: "let me look",
    reasoning: "hm",
    toolCalls: [CALL],
  });
  const result = { role: "tool", content: "so", toolCallId: "c" } as const;

  it("has an answer's calls, and what was thought on the way to them while their results come", () => {
    assert.deepEqual(conversationOf([asked], [result]), [
      { role: "user", content: "why?" },
      { role: "assistant", content: "let me look", toolCalls: [CALL], reasoning: "hm" },
      result,
    ]);
  });

  it("leaves out what was thought before the user spoke last", () => {
    const answered = turn({ messages: [result], answer: "because", reasoning: "aha" });
    const question = { role: "user", content: "and?" } as const;
    assert.deepEqual(conversationOf([asked, answered], [question]), [
      { role: "user", content: "why?" },
      { role: "assistant", content: "let me look", toolCalls: [CALL] },
      result,
      { role: "assistant", content: "because" },
      question,
    ]);
  });

  it("makes one message of an answer and what goes on with it, its thinking and its calls included", () => {
    const cut = turn({
      status: "truncated",
      messages: [{ role: "user", content: "why?" }],
      answer: "be",
      reasoning: "hm",
    });
    const rest = turn({ continues: true, answer: "cause", toolCalls: [CALL] });
    assert.deepEqual(conversationOf([cut, rest], [result]), [
      { role: "user", content: "why?" },
      { role: "assistant", content: "because", toolCalls: [CALL], reasoning: "hm" },
      result,
    ]);
  });
});
