import assert from "node:assert/strict";
import type { GenerationInput } from "../../src/core/generation-request.js";
import type { ToolUse } from "../../src/core/conversation.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { createPrepareTools, type Prepared, prepareInput, tokenizeText } from "../../src/prepare/prepare-input.js";
import { grammarBoundsOf } from "../../src/prepare/grammar/rules/grammar-bounds.js";
import { Vocabulary } from "../../src/prepare/tokens/vocabulary.js";
import { createTinyModel, type TinyModelOptions } from "../support/tiny-model.js";
import { TURN_END_TOKEN as END, TURN_START_TOKEN as BOS } from "../support/tiny-vocabulary.js";
import { assistant, user } from "./conversation.js";
import { assertRefuses } from "./refuses.js";
import { runJob } from "./run-job.js";

const prompt = (text: string, parseControlTokens = false): GenerationInput => ({
  type: "prompt",
  text,
  parseControlTokens,
});
const chat = (...contents: string[]): GenerationInput => ({
  type: "chat",
  messages: contents.map((content) => ({ role: "user", content })),
});

const BOUNDS = grammarBoundsOf(DEFAULT_LIMITS);

describe("prepareInput", () => {
  let vocabulary: Vocabulary;

  const prepareWith = (own: Vocabulary, input: GenerationInput, maxTokens = 1_000): Prepared =>
    runJob(prepareInput(createPrepareTools(own, BOUNDS), { input, maxInputTokens: maxTokens })).value;
  const prepare = (input: GenerationInput, maxTokens?: number): Prepared => prepareWith(vocabulary, input, maxTokens);
  const tokens = (...ids: number[]): Prepared => ({ type: "tokens", tokens: Uint32Array.from(ids) });

  async function withModel(options: TinyModelOptions, use: (own: Vocabulary) => void): Promise<void> {
    await using own = await Vocabulary.load(await createTinyModel(undefined, options));
    use(own);
  }

  before(async () => {
    vocabulary = await Vocabulary.load(await createTinyModel());
  });
  after(() => vocabulary[Symbol.asyncDispose]());

  describe("of a prompt", () => {
    const spelled = Buffer.from("<|im_end|>");

    it("keeps control tokens literal text unless the caller wants them read", () => {
      assert.deepEqual(prepare(prompt("a<|im_end|>b")), tokens(97, ...spelled, 98));
      assert.deepEqual(prepare(prompt("a<|im_end|>b", true)), tokens(97, END, 98));
    });

    it("puts a BOS first where the model asks for one, and never a second", async () => {
      assert.deepEqual(prepare(prompt("a")), tokens(97));
      await withModel({ addBos: true }, (own) => {
        assert.deepEqual(prepareWith(own, prompt("a")), tokens(BOS, 97));
        assert.deepEqual(prepareWith(own, prompt("<|im_start|>a", true)), tokens(BOS, 97));
        assert.deepEqual(prepareWith(own, { type: "token_ids", tokenIds: [97] }), tokens(97));
        const rendered = prepareWith(own, chat("a"));
        assert.ok(rendered.type === "tokens");
        assert.notEqual(rendered.tokens[1], BOS);
      });
    });

    it("refuses an empty one and one with a lone surrogate", () => {
      assertRefuses(() => prepare(prompt("")), "prompt", /must not be empty/);
      assertRefuses(() => prepare(prompt("ab\ud83d")), "prompt", /lone surrogate at index 2/);
    });

    it("keeps control tokens literal text that llama.cpp reads in any text", async () => {
      const controlTexts = ["<|startoftext|>", "<|return|>", "<|start|>", "<|message|>"];
      await withModel({ controlTexts }, (own) => {
        assert.equal(own.readsControlTexts, true);
        const prepared = prepareWith(own, prompt("a<|start|>b<|message|>"));
        assert.ok(prepared.type === "tokens");
        assert.ok(!prepared.tokens.some((id) => own.isControl(id)));
        assert.equal(own.detokenize([...prepared.tokens]), "a<|start|>b<|message|>");
        const read = prepareWith(own, prompt("a<|start|>b", true));
        assert.ok(read.type === "tokens");
        assert.equal(read.tokens.filter((id) => own.isControl(id)).length, 1);
      });
    });

    it("refuses text that the vocabulary itself turns into a control token", async () => {
      await withModel({ mergedControlTokens: [261] }, (own) => {
        assertRefuses(() => prepareWith(own, prompt("in the end")), "prompt", /contains the text of control token 261/);
        assertRefuses(
          () => prepareWith(own, chat("in the end")),
          "chat.messages",
          /contains the text of control token 261/,
        );
      });
    });
  });

  describe("of a chat", () => {
    it("is as long as its rendered text", () => {
      const prepared = prepare(chat("Hello world"));
      assert.ok(prepared.type === "tokens");
      assert.equal(prepared.tokens[0], BOS);
      assert.deepEqual(
        [...prepared.tokens].filter((id) => id === BOS || id === END),
        [BOS, END, BOS, END, BOS],
      );
    });

    it("names the message that is at fault", () => {
      assertRefuses(() => prepare(chat()), "chat.messages", /must not be empty/);
      assertRefuses(() => prepare(chat("a", "b\udc00")), "chat.messages[1].content", /lone surrogate/);
    });
  });

  describe("held to a shape", () => {
    const held = (input: GenerationInput, schema: string): Prepared =>
      runJob(
        prepareInput(createPrepareTools(vocabulary, BOUNDS), {
          input,
          constraint: { type: "json_schema", schema },
          maxInputTokens: 1_000,
        }),
      ).value;

    it("has its grammar, whatever the input is", () => {
      const inputs: GenerationInput[] = [prompt("a"), chat("a"), { type: "token_ids", tokenIds: [BOS] }];
      for (const input of inputs) {
        const prepared = held(input, '{"const":"only"}');
        assert.ok(prepared.type === "tokens");
        assert.match(prepared.grammar?.gbnf ?? "", /only/);
        assert.equal(prepared.grammar?.prefixFree, true);
      }
    });

    it("is refused with its field", () => {
      for (const input of [prompt("a"), chat("a")]) {
        assertRefuses(() => held(input, '{"type":"string","pattern":"(a)\\\\1"}'), "json_schema", /backreference/);
      }
    });
  });

  describe("of a chat with tools", () => {
    const tools = (choice: ToolUse["choice"]): ToolUse => ({
      tools: [{ name: "add", description: "Adds.", parameters: "{}" }],
      choice,
      parallel: false,
    });
    const withTools = (choice: ToolUse["choice"], reasoning?: boolean): Prepared => {
      const input = { type: "chat", messages: [user("x")], tools: tools(choice) } as const;
      const request = { input, reasoning, maxInputTokens: 1_000 };
      return runJob(prepareInput(createPrepareTools(vocabulary, BOUNDS), request)).value;
    };

    it("says how calls will be written", () => {
      const prepared = withTools({ type: "auto" });
      assert.ok(prepared.type === "tokens");
      assert.deepEqual(prepared.format?.toolNames, ["add"]);
      assert.equal(prepared.format.parallelCalls, false);
      assert.ok(prepared.tokens.length > 100);
    });

    it("calls tools by names that models write, and tells the caller's own", () => {
      const [tool] = tools({ type: "auto" }).tools;
      assert.ok(tool !== undefined);
      const own = { ...tool, name: "math/add:2" };
      const use = { ...tools({ type: "named", name: own.name }), tools: [own] };
      const prepared = prepare({ type: "chat", messages: [user("x")], tools: use });
      assert.ok(prepared.type === "tokens");
      assert.deepEqual(prepared.format?.toolNames, ["math_add_2"]);
      assert.deepEqual(prepared.format.ownNames, new Map([["math_add_2", "math/add:2"]]));
      assert.match(prepared.grammar?.gbnf ?? "", /math_add_2/);
      const text = vocabulary.detokenize([...prepared.tokens]);
      assert.ok(text.includes('"math_add_2"') && !text.includes("math/add"), text);
    });

    it("says nothing of the output where none may be called", () => {
      const prepared = withTools({ type: "none" });
      assert.ok(prepared.type === "tokens");
      assert.deepEqual(prepared, prepare(chat("x")));
    });

    it("names broken text of a tool, a call or what was thought", () => {
      const broken = "a\udc00";
      const [tool] = tools({ type: "auto" }).tools;
      assert.ok(tool !== undefined);
      const calling = { id: "1", name: "add", arguments: broken };
      const cases: readonly (readonly [string, GenerationInput])[] = [
        [
          "chat.tools[0]",
          {
            type: "chat",
            messages: [user("x")],
            tools: { ...tools({ type: "auto" }), tools: [{ ...tool, description: broken }] },
          },
        ],
        ["chat.messages[0].reasoning", { type: "chat", messages: [{ ...assistant("x"), reasoning: broken }] }],
        ["chat.messages[0].tool_calls[0]", { type: "chat", messages: [{ ...assistant("x"), toolCalls: [calling] }] }],
      ];
      for (const [field, input] of cases) assertRefuses(() => prepare(input), field, /lone surrogate/);
    });

    it("refuses reasoning where there is no chat, or a template that does not know it", () => {
      const request = { input: prompt("a"), reasoning: true, maxInputTokens: 1_000 };
      const own = createPrepareTools(vocabulary, BOUNDS);
      assertRefuses(() => runJob(prepareInput(own, request)), "reasoning.enabled", /goes with a chat only/);
      assertRefuses(() => withTools({ type: "auto" }, true), "reasoning.enabled", /does not support reasoning/);
    });
  });

  describe("of token ids", () => {
    it("reads them as they are", () => {
      assert.deepEqual(prepare({ type: "token_ids", tokenIds: [END, 0, 290] }), tokens(END, 0, 290));
    });

    it("names the one that the vocabulary has not", () => {
      const size = vocabulary.size;
      for (const bad of [size, -1, 1.5, Number.NaN]) {
        assertRefuses(
          () => prepare({ type: "token_ids", tokenIds: [1, 2, bad] }),
          "token_ids.ids[2]",
          new RegExp(`^is ${bad}; it must be below ${size}`),
        );
      }
      assertRefuses(() => prepare({ type: "token_ids", tokenIds: [] }), "token_ids.ids", /at least one/);
    });
  });

  describe("beyond the bound", () => {
    /** Counts the texts that are tokenised, to show that there are none. */
    function countTokenised(action: () => Prepared): { prepared: Prepared; chars: number } {
      let chars = 0;
      const original = vocabulary.tokenize.bind(vocabulary);
      vocabulary.tokenize = (text) => {
        chars += text.length;
        return original(text);
      };
      try {
        return { prepared: action(), chars };
      } finally {
        vocabulary.tokenize = original;
      }
    }

    it("refuses what cannot fit by its bytes alone, without tokenising it", () => {
      const huge = "é".repeat(2_000_000);
      const fewest = Math.ceil(4_000_000 / (vocabulary.longestTokenBytes ?? 0));
      const byPrompt = countTokenised(() => prepare(prompt(huge)));
      assert.deepEqual(byPrompt, { prepared: { type: "too_long", inputTokens: fewest, exact: false }, chars: 0 });
      const byChat = countTokenised(() => prepare(chat("short", huge)));
      assert.equal(byChat.chars, 0);
      assert.equal(byChat.prepared.type, "too_long");
    });

    it("says how many there are where it knows", () => {
      assert.deepEqual(prepare({ type: "token_ids", tokenIds: [1, 2, 3] }, 2), {
        type: "too_long",
        inputTokens: 3,
        exact: true,
      });
      assert.deepEqual(prepare(prompt("xyz"), 2), { type: "too_long", inputTokens: 3, exact: true });
    });
  });

  it("tokenises a text of any kind on demand, the empty one too", () => {
    const request = { field: "text", addBeginning: true, parseControlTokens: false, maxTokens: Infinity };
    assert.deepEqual(runJob(tokenizeText(vocabulary, { ...request, text: "" })).value, tokens());
    assert.deepEqual(runJob(tokenizeText(vocabulary, { ...request, text: " the" })).value, tokens(261));
  });
});
