import assert from "node:assert/strict";
import type { CallSyntax } from "../../../src/core/call-syntax.js";
import type { Tool, ToolUse } from "../../../src/core/conversation.js";
import { compileCallGrammar } from "./compile-now.js";
import { DEFAULT_GRAMMAR_BOUNDS } from "../../../src/prepare/grammar/rules/grammar-bounds.js";
import { assertProblem } from "./grammar-problems.js";
import { NativeGrammars } from "./native-grammars.js";

const CITY = '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}';
const TOOLS: readonly Tool[] = [
  { name: "get_weather", description: "", parameters: CITY },
  { name: "get_weather_now", description: "", parameters: "{}" },
  { name: "stop", description: "", parameters: '{"type":"object","properties":{}}' },
];
const ANY: ToolUse = { tools: TOOLS, choice: { type: "required" }, parallel: false };
const KEYS = { name: "name", arguments: ["arguments", "parameters"], id: "id" };
const HERMES: CallSyntax = {
  sectionBegin: "",
  sectionEnd: "",
  body: { type: "object", begin: "<tool_call>", end: "</tool_call>", separator: "", keys: KEYS },
};
const PLAIN: CallSyntax = { ...HERMES, body: { type: "object", begin: "", end: "", separator: "; ", keys: KEYS } };
const ARRAY: CallSyntax = { sectionBegin: "[TOOL_CALLS]", sectionEnd: "", body: { type: "array", keys: KEYS } };
const NAMED: CallSyntax = {
  sectionBegin: "<calls>",
  sectionEnd: "</calls>",
  body: { type: "named", begin: "<call>", middle: "<sep>", end: "</call>", separator: "\n" },
};
const bounds = { ...DEFAULT_GRAMMAR_BOUNDS, calls: 3 };
const ONE = '{"name":"get_weather","arguments":{"city":"Rome"}}';
const OTHER = '{"name": "stop", "arguments": {}}';

describe("the grammar of calls", () => {
  let native: NativeGrammars;

  before(async () => {
    native = await NativeGrammars.load();
  });
  after(() => native[Symbol.asyncDispose]());

  const samples: readonly {
    readonly what: string;
    readonly syntax: CallSyntax;
    readonly one: string;
    readonly several: string;
    readonly bad: readonly string[];
    readonly severalEnd: boolean;
  }[] = [
    {
      what: "objects between marks",
      syntax: HERMES,
      one: `<tool_call>\n${ONE}\n</tool_call>`,
      several: `<tool_call>${ONE}</tool_call>\n<tool_call>${OTHER}</tool_call>`,
      bad: [ONE, `<tool_call>${ONE}`, `x<tool_call>${ONE}</tool_call>`],
      severalEnd: false,
    },
    {
      what: "objects without marks",
      syntax: PLAIN,
      one: ONE,
      several: `${ONE}; ${OTHER}`,
      bad: [`${ONE}${OTHER}`, `[${ONE}]`],
      severalEnd: false,
    },
    {
      what: "the elements of an array",
      syntax: ARRAY,
      one: `[TOOL_CALLS][${ONE}]`,
      several: `[TOOL_CALLS][${ONE}, ${OTHER}]`,
      bad: ["[TOOL_CALLS][]", `[${ONE}]`],
      severalEnd: true,
    },
    {
      what: "names and arguments",
      syntax: NAMED,
      one: '<calls><call>get_weather<sep>{"city":"Rome"}</call></calls>',
      several: '<calls><call>get_weather<sep>{"city":"Rome"}</call>\n<call>stop<sep>{}</call>\n</calls>',
      bad: ["<calls></calls>", "<calls><call>stop<sep>{}</call>"],
      severalEnd: true,
    },
  ];
  for (const { what, syntax, one, several, bad, severalEnd } of samples) {
    it(`writes calls as ${what}`, () => {
      const single = compileCallGrammar(ANY, syntax, bounds);
      const grammar = native.compile(single.gbnf);
      assert.ok(grammar.allows(one));
      assert.ok(!grammar.allows(several));
      assert.equal(single.prefixFree, true);
      const parallel = compileCallGrammar({ ...ANY, parallel: true }, syntax, bounds);
      const many = native.compile(parallel.gbnf);
      assert.ok(many.allows(one));
      assert.ok(many.allows(several));
      assert.equal(parallel.prefixFree, severalEnd);
      for (const text of [...bad, one.replace("Rome", 'Rome","x":"'), one.replace("get_weather", "get_weathe")]) {
        assert.ok(!grammar.allows(text) && !many.allows(text), text);
      }
    });
  }

  it("holds arguments to the parameters of their own tool", () => {
    const grammar = native.compile(compileCallGrammar(ANY, PLAIN, bounds).gbnf);
    assert.ok(grammar.allows('{"name":"get_weather_now","arguments":{"anything":[1]}}'));
    assert.ok(!grammar.allows('{"name":"get_weather","arguments":{"anything":[1]}}'));
    assert.ok(!grammar.allows('{"name":"stop","arguments":{"city":"Rome"}}'));
    assert.ok(!grammar.allows('{"name":"stop","parameters":{}}'));
  });

  it("allows no other tool than the one that is named", () => {
    const use: ToolUse = { ...ANY, choice: { type: "named", name: "stop" } };
    const grammar = native.compile(compileCallGrammar(use, PLAIN, bounds).gbnf);
    assert.ok(grammar.allows(OTHER));
    assert.ok(!grammar.allows(ONE));
  });

  it("allows at most so many calls", () => {
    const grammar = native.compile(compileCallGrammar({ ...ANY, parallel: true }, PLAIN, bounds).gbnf);
    assert.ok(grammar.allows([OTHER, OTHER, OTHER].join("; ")));
    assert.ok(!grammar.allows([OTHER, OTHER, OTHER, OTHER].join("; ")));
  });

  it("takes 256 tools as large as those of public servers", () => {
    const fields = (kind: string): object =>
      Object.fromEntries(
        ["owner", "repository", "since", "labels", "page", "sort"].map((name) => [
          `${kind}_${name}`,
          name === "labels"
            ? { type: "array", items: { type: "string", maxLength: 40 } }
            : name === "sort"
              ? { enum: ["created", "updated", "comments"] }
              : {
                  anyOf: [
                    { type: "string", maxLength: 100 },
                    { type: "integer", minimum: 1, maximum: 100 },
                  ],
                },
        ]),
      );
    const tools = Array.from({ length: 256 }, (_, index) => {
      const schema = { type: "object", properties: fields(`f${index}`), required: [`f${index}_owner`] };
      return { name: `list_${index}`, description: "", parameters: JSON.stringify(schema) };
    });
    const many = compileCallGrammar({ ...ANY, tools }, HERMES, DEFAULT_GRAMMAR_BOUNDS);
    const grammar = native.compile(many.gbnf);
    const call = (owner: string): string =>
      `<tool_call>{"name":"list_255","arguments":{"f255_owner":${owner},"f255_sort":"updated"}}</tool_call>`;
    assert.ok(grammar.allows(call('"me"')) && grammar.allows(call("7")));
    assert.ok(!grammar.allows(call("[]")));
    const { rules } = DEFAULT_GRAMMAR_BOUNDS;
    assert.throws(() =>
      compileCallGrammar({ ...ANY, tools }, HERMES, { ...DEFAULT_GRAMMAR_BOUNDS, rules: rules / 16 }),
    );
  });

  it("takes the objects of parameters that may also be null or of no type", () => {
    const city = JSON.parse(CITY) as object;
    const { properties, required } = city as { properties: object; required: readonly string[] };
    for (const parameters of [
      { ...city, type: ["object", "null"] },
      { ...city, nullable: true },
      { anyOf: [city, { type: "null" }] },
      { oneOf: [{ const: null }, city] },
      { properties, required },
    ]) {
      const tool = { name: "f", description: "", parameters: JSON.stringify(parameters) };
      const grammar = native.compile(compileCallGrammar({ ...ANY, tools: [tool] }, PLAIN, bounds).gbnf);
      assert.ok(grammar.allows('{"name":"f","arguments":{"city":"Rome"}}'), tool.parameters);
      assert.ok(!grammar.allows('{"name":"f","arguments":{}}'), tool.parameters);
      assert.ok(!grammar.allows('{"name":"f","arguments":null}'), tool.parameters);
    }
  });

  it("names the tool that must be called if its parameters cannot be enforced", () => {
    const withParameters = (parameters: string): ToolUse => ({
      ...ANY,
      choice: { type: "named", name: "bad" },
      tools: [...TOOLS, { name: "bad", description: "", parameters }],
    });
    for (const [parameters, description] of [
      ['{"type":"object","properties":{"a":{"uniqueItems":true}}}', /^at \/properties\/a\/uniqueItems: /],
      ['{"type":"string"}', /must be the schema of an object and of nothing else$/],
      ["nonsense", /^is not JSON/],
    ] as const) {
      assertProblem(
        () => compileCallGrammar(withParameters(parameters), HERMES, bounds),
        description,
        "[3].parameters",
      );
    }
  });

  it("holds the arguments of one tool among several as far as it can, and says what it does not hold", () => {
    const parameters =
      '{"type":"object","properties":{"a":{"type":"array","items":{"type":"null"},"maxContains":1,"contains":{}},"b":{"type":"null","hue":1}}}';
    const use = { ...ANY, tools: [...TOOLS, { name: "loose", description: "", parameters }] };
    const { gbnf, notHeld } = compileCallGrammar(use, PLAIN, bounds);
    const grammar = native.compile(gbnf);
    assert.ok(grammar.allows('{"name":"loose","arguments":{"a":[null]}}'));
    assert.ok(!grammar.allows('{"name":"loose","arguments":{"a":1}}'));
    assert.deepEqual(
      notHeld.map(({ field, pointer }) => `${field} ${pointer}`),
      ["chat.tools[3].parameters /properties/a/contains", "chat.tools[3].parameters /properties/b/hue"],
    );
    assertProblem(
      () => compileCallGrammar(use, PLAIN, { ...bounds, strict: true }),
      /^at \/properties\/a\/contains: .*; at \/properties\/b\/hue: the keyword "hue" is unknown/,
      "[3].parameters",
    );
  });
});
