import assert from "node:assert/strict";
import type { OutputFormat } from "../../../src/core/output-format.js";
import type { ToolUse } from "../../../src/core/conversation.js";
import { InputRefusal } from "../../../src/core/generation-error.js";
import { CompiledGrammars, createNativeCompiler } from "../../../src/prepare/grammar/compiled-grammars.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import type { GrammarRequest } from "../../../src/prepare/grammar/grammar-for.js";
import { grammarFor } from "./compile-now.js";
import { Vocabulary } from "../../../src/prepare/tokens/vocabulary.js";
import { createTinyModel } from "../../support/tiny-model.js";
import { assertRefuses } from "../refuses.js";

const NOTHING: GrammarRequest = {
  constraint: undefined,
  tools: undefined,
  format: undefined,
  bounds: { ...DEFAULT_GRAMMAR_BOUNDS, calls: 8 },
};
const tools: ToolUse = {
  tools: [
    { name: "one", description: "", parameters: "{}" },
    { name: "two", description: "", parameters: '{"type":"object","minProperties":2}' },
  ],
  choice: { type: "named", name: "one" },
  parallel: false,
};
const keys = { name: "name", arguments: ["arguments"], id: undefined };
const format: OutputFormat = {
  reasoning: undefined,
  calls: [{ sectionBegin: "", sectionEnd: "", body: { type: "array", keys } }],
  toolNames: ["one", "two"],
  parallelCalls: false,
  maxCalls: 32,
  maxArgumentBytes: 65_536,
};

describe("grammarFor", () => {
  let vocabulary: Vocabulary;
  let grammars: CompiledGrammars;

  before(async () => {
    vocabulary = await Vocabulary.load(await createTinyModel());
    grammars = new CompiledGrammars(createNativeCompiler(vocabulary.model));
  });
  after(() => vocabulary[Symbol.asyncDispose]());

  it("is nothing where any text will do", () => {
    assert.deepEqual(grammarFor(grammars.of(""), NOTHING), { notHeld: [] });
  });

  it("compiles each kind of constraint natively", () => {
    for (const constraint of [
      { type: "json_schema", schema: '{"type":"integer"}' },
      { type: "json_object" },
      { type: "choices", choices: ["yes", "no"] },
      { type: "gbnf", grammar: 'root ::= "a"' },
      { type: "regex", pattern: "\\d+|none" },
    ] as const) {
      assert.match(grammarFor(grammars.of(""), { ...NOTHING, constraint }).grammar?.gbnf ?? "", /^root ::= /m);
    }
    assert.equal(grammars.entries, 5);
  });

  it("names the field of a constraint that cannot be enforced", () => {
    const refuses = (constraint: GrammarRequest["constraint"], field: string, description: RegExp): void =>
      assertRefuses(() => grammarFor(grammars.of(""), { ...NOTHING, constraint }), field, description);
    refuses({ type: "json_schema", schema: '{"not":{}}' }, "json_schema", /^at its root: no value is valid here$/);
    refuses({ type: "gbnf", grammar: "root" }, "gbnf", /has no ::= after root \(line 1, column 5\)/);
    refuses({ type: "regex", pattern: "a\\b" }, "regex", /^has a word boundary, \\b, at character 2, which is not/);
    refuses({ type: "choices", choices: [] }, "choices", /must contain at least one choice/);
    refuses(
      { type: "choices", choices: Array.from({ length: 257 }, String) },
      "choices",
      /has 257 choices; at most 256 are allowed/,
    );
    refuses({ type: "choices", choices: ["a", ""] }, "choices[1]", /must not be empty/);
    refuses({ type: "choices", choices: ["é".repeat(600)] }, "choices[0]", /has 1200 bytes; at most 1024 are allowed/);
    refuses({ type: "choices", choices: ["a\ud800"] }, "choices[0]", /half a surrogate pair/);
  });

  it("forces a call in the first way that the format knows, and looks only at tools that may be called", () => {
    const { grammar } = grammarFor(grammars.of(""), { ...NOTHING, tools, format });
    assert.equal(grammar?.prefixFree, true);
    const choice = { type: "required" } as const;
    const loose = grammarFor(grammars.of(""), { ...NOTHING, tools: { ...tools, choice }, format });
    assert.deepEqual(
      loose.notHeld.map(({ field, pointer }) => `${field} ${pointer}`),
      ["chat.tools[1].parameters /minProperties"],
    );
    assertRefuses(
      () => grammarFor(grammars.of(""), { ...NOTHING, tools: { ...tools, choice }, format, strict: true }),
      "chat.tools[1].parameters",
      /^at \/minProperties: 2 cannot be enforced/,
    );
    assertRefuses(
      () => grammarFor(grammars.of(""), { ...NOTHING, tools, format: { ...format, calls: [] } }),
      "chat.tools",
      /cannot be forced, because it is unknown how this model writes calls/,
    );
  });

  it("is kept under everything that it depends on", () => {
    const parameters = '{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"null","hue":1}}}';
    const schema = '{"type":"object","properties":{"c":{"type":"integer"}}}';
    const [syntax] = format.calls;
    assert.ok(syntax !== undefined);
    const marked: OutputFormat = { ...format, calls: [{ ...syntax, sectionBegin: "<calls>", sectionEnd: "</calls>" }] };
    const others = [
      {},
      { tools: [{ name: "one", description: "", parameters }] },
      { tools: [{ name: "other", description: "", parameters: "{}" }] },
      { tools: tools.tools, parallel: true },
      { tools: tools.tools, parallel: false },
      { tools: tools.tools, choice: { type: "named", name: "two" } as const },
    ];
    const uses = (choice: ToolUse["choice"]): ToolUse[] => others.map((other) => ({ ...tools, choice, ...other }));
    const ofTools = [...uses({ type: "required" }), ...uses({ type: "auto" })].flatMap((use): GrammarRequest[] => {
      const base: GrammarRequest = { ...NOTHING, tools: use, format };
      const constraint = { type: "json_schema", schema } as const;
      return [
        base,
        { ...base, format: marked },
        { ...base, format: { ...marked, opened: "<calls>" } },
        { ...base, bounds: { ...NOTHING.bounds, calls: 2 } },
        { ...base, bounds: { ...NOTHING.bounds, rules: 4 } },
        { ...base, constraint },
        { ...base, constraint, format: marked },
        { ...base, constraint, format: { ...marked, opened: "<calls>" } },
        { ...base, constraint, answerOpening: "<answer>" },
        { ...base, constraint, written: { text: "{", field: "chat.messages[0].content" } },
        { ...base, constraint: { type: "json_object" } },
      ];
    });
    const constraints: readonly GrammarRequest["constraint"][] = [
      { type: "json_schema", schema },
      { type: "json_schema", schema: parameters },
      { type: "json_object" },
      { type: "choices", choices: ["a"] },
      { type: "choices", choices: ["b"] },
      { type: "regex", pattern: "a" },
      { type: "gbnf", grammar: 'root ::= "a"' },
    ];
    const requests = [...ofTools, ...constraints.map((constraint) => ({ ...NOTHING, constraint }))].flatMap(
      (request) => [request, { ...request, strict: true }],
    );
    const outcomeOf = (cache: CompiledGrammars, request: GrammarRequest): unknown => {
      try {
        return grammarFor(cache.of(""), request);
      } catch (error) {
        if (error instanceof InputRefusal) return error.violation;
        throw error;
      }
    };
    const shared = new CompiledGrammars(() => {});
    for (const request of requests) outcomeOf(shared, request);
    for (const request of requests) {
      const alone = outcomeOf(new CompiledGrammars(() => {}), request);
      assert.deepEqual(outcomeOf(shared, request), alone, JSON.stringify(request));
    }
  });

  it("says so where llama.cpp takes no grammar that has passed our own check", () => {
    const broken = new CompiledGrammars(() => createNativeCompiler(vocabulary.model)("root ::= ("));
    const constraint = { type: "json_object" } as const;
    assertRefuses(
      () => grammarFor(broken.of(""), { ...NOTHING, constraint }),
      "json_object",
      /^is rejected by llama.cpp/,
    );
  });
});
