import assert from "node:assert/strict";
import { harmonyFrames } from "../../../src/prepare/template/families/harmony.js";
import { KNOWN_SYNTAXES, syntaxOf } from "./known-syntaxes.js";
import type { CallSyntax } from "../../../src/core/call-syntax.js";
import type { OutputFormat } from "../../../src/core/output-format.js";
import { type KnownExample, PART_EXAMPLES } from "./part-examples.js";
import { answer, call, formatOf, type Read, read, reasoning } from "./read-output.js";

const harmony: Partial<OutputFormat> = {
  reasoning: { begin: "<|channel|>analysis<|message|>", end: "<|end|>", endTokens: [1], isOpen: false },
  frames: harmonyFrames,
};
const command: Partial<OutputFormat> = {
  reasoning: { begin: "<|START_THINKING|>", end: "<|END_THINKING|>", endTokens: [1], isOpen: false },
  frames: ["<|START_RESPONSE|>", "<|END_RESPONSE|>"],
};

const time = call("id 1", "get_time", '{"zone": "Europe/Zürich"}');
const both: Read[] = [time, call("id 2", "get", '{"key":[1,{"a":null}]}')];

const examples: readonly KnownExample[] = [
  ...PART_EXAMPLES,
  {
    of: "tool_call",
    what: "text before, two calls, text after",
    output:
      'I look.\n<tool_call>\n{"name": "get_time", "arguments": {"zone": "Europe/Zürich"}}\n</tool_call>\n' +
      '<tool_call>\n{"name":"get","arguments":{"key":[1,{"a":null}]}}\n</tool_call>\nDone.',
    is: [answer("I look.\n"), ...both, answer("\nDone.")],
  },
  {
    of: "tool_call",
    what: "reasoning first, the last end mark missing",
    output: '<think>\nWhich zone?\n</think>\n\n<tool_call>{"name":"get_time","arguments":{"zone": "Europe/Zürich"}}',
    is: [reasoning("Which zone?"), time],
  },
  {
    of: "json",
    what: "any of the arguments' keys",
    output:
      ' {"args": {"zone": "Europe/Zürich"}, "name": "get_time"}\n{"name":"get","parameters":{"key":[1,{"a":null}]}}',
    is: both,
  },
  {
    of: "llama3",
    what: "calls with a semicolon between them",
    output:
      '{"name": "get_time", "parameters": {"zone": "Europe/Zürich"}}; {"type":"function","name":"get","parameters":{"key":[1,{"a":null}]}}',
    is: both,
  },
  {
    of: "llama3_python_tag",
    what: "its tag before the object",
    output: '<|python_tag|>{"name": "get_time", "parameters": {"zone": "Europe/Zürich"}}',
    is: [time],
  },
  {
    of: "mistral",
    what: "an array, ids after the arguments",
    output:
      '[TOOL_CALLS][{"name": "get_time", "arguments": {"zone": "Europe/Zürich"}, "id": "abcdef123"}, ' +
      '{"name":"get","arguments":{"key":[1,{"a":null}]},"id":"abcdef124"}]',
    is: both,
  },
  {
    of: "mistral",
    what: "an id before the arguments",
    output: '[TOOL_CALLS][{"id": "abcdef123", "name": "get", "arguments": {}}]',
    is: [call("abcdef123", "get", "{}")],
  },
  {
    of: "mistral_named",
    what: "names between marks",
    output: '[TOOL_CALLS]get_time[ARGS]{"zone": "Europe/Zürich"}[TOOL_CALLS]get[ARGS]{"key":[1,{"a":null}]}',
    is: both,
  },
  {
    of: "mistral_named",
    what: "ids between name and arguments",
    output: '[TOOL_CALLS]get[CALL_ID]123456789[ARGS]{"a": 1}[TOOL_CALLS]add-2[CALL_ID]123456789[ARGS]{"a": 1}',
    is: [call("123456789", "get", '{"a": 1}'), call("id 1", "add-2", '{"a": 1}')],
  },
  {
    of: "command_r",
    what: "a plan, then an action",
    output:
      "<|START_THINKING|>I'm\nthinking<|END_THINKING|><|START_ACTION|>[\n" +
      '    {"tool_call_id": "0", "tool_name": "get_time", "parameters": {"zone": "Europe/Zürich"}},\n' +
      '    {"tool_call_id": "1", "tool_name": "get", "parameters": {"key":[1,{"a":null}]}}\n]<|END_ACTION|>',
    is: [reasoning("I'm\nthinking"), ...both],
    changes: command,
  },
  {
    of: "command_r",
    what: "a framed answer",
    output: "<|START_THINKING|>I'm\nthinking<|END_THINKING|><|START_RESPONSE|>Hello!\n Yes?<|END_RESPONSE|>",
    is: [reasoning("I'm\nthinking"), answer("Hello!\n Yes?")],
    changes: command,
  },
  {
    of: "deepseek_v3",
    what: "fenced arguments",
    output:
      '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_time\n```json\n{"zone": "Europe/Zürich"}\n```<｜tool▁call▁end｜>\n' +
      '<｜tool▁call▁begin｜>function<｜tool▁sep｜>get\n```json\n{"key":[1,{"a":null}]}```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    is: both,
  },
  {
    of: "deepseek_v31",
    what: "calls after text and reasoning that the prompt opened",
    output:
      'REASONING</think>CONTENT<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_time<｜tool▁sep｜>{"zone": "Europe/Zürich"}<｜tool▁call▁end｜>' +
      '<｜tool▁call▁begin｜>get<｜tool▁sep｜>{"key":[1,{"a":null}]}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    is: [reasoning("REASONING"), answer("CONTENT"), ...both],
    changes: { reasoning: { begin: "<think>", end: "</think>", endTokens: [1], isOpen: true } },
  },
  {
    of: "granite",
    what: "its control token before an array",
    output: '<|tool_call|>[{"name": "get_time", "arguments": {"zone": "Europe/Zürich"}}]',
    is: [time],
  },
  {
    of: "granite_tag",
    what: "tags around an array",
    output: '<tool_call>[{"arguments": {"zone": "Europe/Zürich"}, "name": "get_time"}]</tool_call>',
    is: [time],
  },
  {
    of: "functionary",
    what: "the name in the tag",
    output: '<function=get_time>{"zone": "Europe/Zürich"}</function><function=get>{"key":[1,{"a":null}]}</function>',
    is: both,
  },
  {
    of: "phi4_mini",
    what: "marks around an array",
    output:
      '<|tool_call|>[{"name":"get_time","arguments":{"zone": "Europe/Zürich"}},{"name":"get","arguments":{"key":[1,{"a":null}]}}]<|/tool_call|>',
    is: both,
  },
  {
    of: "apriel",
    what: "tags around an array after text",
    output:
      'So be it:<tool_calls>[{"name": "get_time", "arguments": {"zone": "Europe/Zürich"}, "id": "call_00000001"}]</tool_calls>',
    is: [answer("So be it:"), time],
  },
  {
    of: "firefunction",
    what: "a word before an array",
    output: ' functools[{"name": "get_time", "arguments": {"zone": "Europe/Zürich"}}]',
    is: [time],
  },
  {
    of: "kimi_k2",
    what: "numbered names",
    output:
      '<|tool_calls_section_begin|><|tool_call_begin|>functions.get_time:0<|tool_call_argument_begin|>{"zone": "Europe/Zürich"}<|tool_call_end|>' +
      '<|tool_call_begin|>functions.get:1<|tool_call_argument_begin|>{"key":[1,{"a":null}]}<|tool_call_end|><|tool_calls_section_end|>',
    is: both,
  },
  ...[
    '<|channel|>commentary to=functions.get_time <|constrain|>json<|message|>{"zone": "Europe/Zürich"}<|call|>',
    '<|channel|>analysis to=functions.get_time<|message|>{"zone": "Europe/Zürich"}',
    ' to=functions.get_time<|channel|>commentary json<|message|>{"zone": "Europe/Zürich"}<|call|>',
    ' to=functions.get_time<|channel|>analysis <|constrain|>json<|message|>{"zone": "Europe/Zürich"}',
    '<|start|>assistant to=functions.get_time<|channel|>commentary<|message|>{"zone": "Europe/Zürich"}',
  ].map((output) => ({
    of: "harmony",
    what: `a call such as ${output.slice(0, output.indexOf("{"))}`,
    output: `<|channel|>analysis<|message|>I'm\nthinking<|end|><|start|>assistant${output}`,
    is: [reasoning("I'm\nthinking"), time],
    changes: harmony,
  })),
  {
    of: "harmony",
    what: "a preamble, a call and an answer",
    output:
      "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.get_time <|constrain|>json<|message|>" +
      '{"zone": "Europe/Zürich"}<|call|><|start|>assistant<|channel|>analysis<|message|>Well.<|end|>' +
      "<|start|>assistant<|channel|>final<|message|>Done.<|return|>",
    is: [answer("I look."), time, reasoning("Well."), answer("Done.")],
    changes: harmony,
  },
  {
    of: "harmony",
    what: "an answer after a stray channel",
    output: "<|channel|>commentary to=assistant<|channel|>final <|constrain|>json<|message|>{}",
    is: [answer("{}")],
    changes: harmony,
  },
];

describe("known formats", () => {
  for (const { of, what, output, is, changes } of examples) {
    it(`of ${of}: reads ${what}`, () => {
      const format = formatOf([syntaxOf(of)], changes);
      assert.deepEqual(read(format, output), is);
      assert.deepEqual(read(format, ...output.split("")), is);
    });
  }

  it("have an example each", () => {
    const shown = new Set(examples.map(({ of }) => of));
    assert.deepEqual([...shown].toSorted(), [...KNOWN_SYNTAXES.keys()].toSorted());
  });

  it("may lie beside each other", () => {
    const format = formatOf([syntaxOf("mistral"), syntaxOf("mistral_named"), syntaxOf("json")]);
    assert.deepEqual(read(format, '[TOOL_CALLS][{"name":"get","arguments":{}}]'), [call("id 1", "get", "{}")]);
    assert.deepEqual(read(format, "[TOOL_CALLS]get[ARGS]{}"), [call("id 1", "get", "{}")]);
    assert.deepEqual(read(format, '{"name":"get","arguments":{}}'), [call("id 1", "get", "{}")]);
    assert.deepEqual(read(format, "[TOOL_CALLS]git[ARGS]{}"), [answer("[TOOL_CALLS]git[ARGS]{}")]);
    const granite = syntaxOf("granite");
    assert.ok(granite.body.type === "array");
    const other: CallSyntax = {
      ...granite,
      body: { ...granite.body, keys: { ...granite.body.keys, arguments: ["args"] } },
    };
    assert.deepEqual(read(formatOf([granite, other]), '<|tool_call|>[{"name":"get","args":{}}]'), [
      call("id 1", "get", "{}"),
    ]);
  });
});
