import assert from "node:assert/strict";
import type { OutputGrammar } from "../../src/core/output-format.js";
import type { ToolUse } from "../../src/core/conversation.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { createPrepareTools, type Prepared, prepareInput } from "../../src/prepare/prepare-input.js";
import { grammarBoundsOf } from "../../src/prepare/grammar/rules/grammar-bounds.js";
import { Vocabulary } from "../../src/prepare/tokens/vocabulary.js";
import { createTinyModel } from "../support/tiny-model.js";
import { assistant, user } from "./conversation.js";
import { assertRefuses } from "./refuses.js";
import { runJob } from "./run-job.js";

const BOUNDS = grammarBoundsOf(DEFAULT_LIMITS);

describe("prepareInput, of a chat with tools or an unfinished answer", () => {
  let vocabulary: Vocabulary;

  before(async () => {
    vocabulary = await Vocabulary.load(await createTinyModel());
  });
  after(() => vocabulary[Symbol.asyncDispose]());

  const tools = (choice: ToolUse["choice"]): ToolUse => ({
    tools: [{ name: "add", description: "Adds.", parameters: "{}" }],
    choice,
    parallel: false,
  });
  const withTools = (choice: ToolUse["choice"]): Prepared => {
    const input = { type: "chat", messages: [user("x")], tools: tools(choice) } as const;
    return runJob(prepareInput(createPrepareTools(vocabulary, BOUNDS), { input, maxInputTokens: 1_000 })).value;
  };

  it("has a grammar of the answer where a call is forced, of calls where one may come, and none otherwise", () => {
    const grammarOf = (choice: ToolUse["choice"]): OutputGrammar | undefined => {
      const prepared = withTools(choice);
      return prepared.type === "tokens" ? prepared.grammar : undefined;
    };
    for (const choice of [{ type: "required" }, { type: "named", name: "add" }] as const) {
      assert.match(grammarOf(choice)?.gbnf ?? "", /tool_call/);
      assert.equal(grammarOf(choice)?.holds, undefined);
    }
    assert.match(grammarOf({ type: "auto" })?.gbnf ?? "", /tool_call/);
    assert.equal(grammarOf({ type: "auto" })?.holds, "calls");
    assert.equal(grammarOf({ type: "none" }), undefined);
  });

  it("has one grammar of the answer and of calls beside a constraint, and of calls alone where they are forced", () => {
    const grammarOf = (choice: ToolUse["choice"], messages = [user("x")]): string => {
      const input = { type: "chat", messages, tools: tools(choice) } as const;
      const constraint = { type: "choices", choices: ["yes", "no"] } as const;
      const own = createPrepareTools(vocabulary, BOUNDS);
      const { value } = runJob(prepareInput(own, { input, constraint, maxInputTokens: 1_000 }));
      return value.type === "tokens" ? (value.grammar?.gbnf ?? "") : "";
    };
    const [auto, none, required] = (["auto", "none", "required"] as const).map((type) => grammarOf({ type }));
    assert.match(auto ?? "", /yes[^]*tool_call/);
    assert.doesNotMatch(none ?? "", /tool_call/);
    assert.doesNotMatch(required ?? "", /yes/);
    const begun = grammarOf({ type: "auto" }, [user("x"), assistant("ye")]);
    assert.doesNotMatch(begun, /tool_call/);
    assert.match(begun, /^root ::= "s"$/m);
  });

  it("names the place where an unfinished answer leaves its constraint", () => {
    const own = createPrepareTools(vocabulary, BOUNDS);
    const constraint = { type: "choices", choices: ["yes", "no"] } as const;
    const input = { type: "chat", messages: [user("x"), assistant("yet")] } as const;
    assertRefuses(
      () => runJob(prepareInput(own, { input, constraint, maxInputTokens: 1_000 })),
      "chat.messages[1].content",
      /^is not the beginning of a valid answer: "t" is not allowed at character 3$/,
    );
  });
});
