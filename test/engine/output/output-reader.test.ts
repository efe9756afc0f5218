import assert from "node:assert/strict";
import { syntaxOf } from "./known-syntaxes.js";
import type { OutputFormat } from "../../../src/core/output-format.js";
import type { OutputPart } from "../../../src/engine/output/output-part.js";
import { OutputReader } from "../../../src/engine/output/output-reader.js";
import { answer, call, createReader, formatOf, joined, read, reasoning, think } from "./read-output.js";

const tags = formatOf([syntaxOf("tool_call")]);
const bare = formatOf([syntaxOf("llama3")]);
const getCall = '<tool_call>{"name":"get","arguments":{}}</tool_call>';
const get = call("id 1", "get", "{}");

function text(text: string, end: number, channel: "answer" | "reasoning" = "answer"): OutputPart {
  return { type: "text", channel, text, end };
}

describe("output reader", () => {
  it("lets text go at once and holds back half a tag", () => {
    const reader = createReader(tags);
    assert.deepEqual(reader.push("Hello"), [text("Hello", 5)]);
    assert.deepEqual(reader.push(" a <"), [text(" a", 7)]);
    assert.deepEqual(reader.push("tool_call"), []);
    assert.deepEqual(reader.push("s> b"), [text(" <tool_calls> b", 22)]);
    assert.deepEqual(reader.push("<think"), []);
    assert.deepEqual(reader.finish(), [text("<think", 28)]);
  });

  it("announces a call with the first of its arguments, and lets the others go as they come", () => {
    const reader = createReader(tags);
    assert.deepEqual(reader.push('<tool_call>\n{"name": "get", "arguments": '), []);
    assert.deepEqual(reader.push('{"a'), [
      { type: "call", call: { index: 0, head: { id: "id 1", name: "get" }, arguments: '{"a' }, end: 44 },
    ]);
    assert.deepEqual(reader.push('": "\\u00'), [{ type: "call", call: { index: 0, arguments: '": "\\u00' }, end: 52 }]);
    assert.deepEqual(reader.push('e4"}'), [{ type: "call", call: { index: 0, arguments: 'e4"}' }, end: 56 }]);
    assert.equal(reader.calls, 1);
    assert.deepEqual(reader.push("}\n</tool_call>"), []);
    assert.deepEqual(reader.finish(), [text("", 70)]);
  });

  it("announces no call whose name is not known to be a tool's", () => {
    const reader = createReader(tags);
    const begun = '<tool_call>{"arguments": {"a": 1}, "x": [], "name": "ge';
    assert.deepEqual(reader.push(begun), []);
    assert.deepEqual(joined(reader.push('t"}')), [call("id 1", "get", '{"a": 1}')]);
    const other = begun.replace('"ge', '"git"}');
    assert.deepEqual(read(tags, other), [answer(other)]);
  });

  it("puts whole code points into each part", () => {
    const reader = createReader(tags);
    assert.deepEqual(reader.push("a\ud83d"), [text("a", 1)]);
    assert.deepEqual(reader.push("\ude00"), [text("😀", 3)]);
    assert.deepEqual(joined(reader.push('<tool_call>{"name":"get","arguments":{"a":"\ud83d')), [
      call("id 1", "get", '{"a":"'),
    ]);
    assert.deepEqual(reader.push('\ude00"}}'), [{ type: "call", call: { index: 0, arguments: '😀"}' }, end: 50 }]);
  });

  for (const wrong of [
    "<tool_call>",
    '<tool_call>{"name":"get"}</tool_call>',
    '<tool_call>{"name":"get","arguments":[]}</tool_call>',
    '<tool_call>{"name":"get","arguments":"{]"}</tool_call>',
    '<tool_call>{"name":"get",}</tool_call>',
    '<tool_call>{"name":"other","arguments":{}}</tool_call>',
    '<tool_call>{name:"get","arguments":{}}</tool_call>',
    '<tool_call> call {"name":"get","arguments":{}}',
    "<tool_call><tool_call\n\n> ",
    '{"name":"get","arguments":{}}',
  ]) {
    it(`leaves ${JSON.stringify(wrong)} text`, () => {
      assert.deepEqual(read(tags, wrong), [answer(wrong)]);
      assert.deepEqual(read(tags, wrong + getCall), [answer(wrong), get]);
    });
  }

  it("ends a call at its first syntax error; what follows is text", () => {
    const reader = createReader(tags);
    const parts = joined([
      ...reader.push('<tool_call>{"name":"get","arguments":{"a":01}}</tool_call>'),
      ...reader.finish(),
    ]);
    assert.deepEqual(parts, [call("id 1", "get", '{"a":0'), answer("1}}</tool_call>")]);
    assert.equal(reader.calls, 0);
  });

  it("lets the fragments of a call stand that never ends", () => {
    const reader = createReader(tags);
    const parts = joined([...reader.push('<tool_call>{"name":"get","arguments":{"a":"b'), ...reader.finish()]);
    assert.deepEqual(parts, [call("id 1", "get", '{"a":"b')]);
    assert.equal(reader.calls, 0);
  });

  it("takes whole arguments for a call, whatever is missing after them", () => {
    for (const rest of ["", "}", "}\n", "}</tool_call>", ', "id": "x"}</tool_call>']) {
      assert.deepEqual(read(tags, `<tool_call>{"name":"get","arguments":{}${rest}`), [get]);
    }
    assert.deepEqual(read(tags, '<tool_call>{"name":"get","arguments":{}]</tool_call>'), [
      get,
      answer("]</tool_call>"),
    ]);
    assert.deepEqual(read(tags, getCall.replace("</tool_call>", "") + getCall), [get, call("id 2", "get", "{}")]);
  });

  it("takes the end of an array for text where its last object has none", () => {
    const output = '[TOOL_CALLS][{"name":"get","arguments":{}]';
    assert.deepEqual(read(formatOf([syntaxOf("mistral")]), output), [get, answer("]")]);
  });

  it("takes arguments out of a string that holds an object", () => {
    const output = `<tool_call>${JSON.stringify({ name: "get", arguments: ' {"a":"\\u00e4\\n"}' })}</tool_call>.`;
    assert.deepEqual(read(tags, output), [call("id 1", "get", '{"a":"\\u00e4\\n"}'), answer(".")]);
  });

  it("reads the longest of the tools' names", () => {
    const functions = formatOf([syntaxOf("functionary")]);
    assert.deepEqual(read(functions, "<function=get_time>{}"), [call("id 1", "get_time", "{}")]);
    assert.deepEqual(read(functions, "<function=get>{}"), [get]);
    assert.deepEqual(read(functions, "<function=get_>{}"), [answer("<function=get_>{}")]);
  });

  it("takes JSON without a mark for a call only where the answer begins with it", () => {
    const json = '{"name":"get","parameters":{}}';
    assert.deepEqual(read(bare, `<think>a</think>\n${json}`), [reasoning("a"), get]);
    assert.deepEqual(read(bare, `I call ${json}`), [answer(`I call ${json}`)]);
    assert.deepEqual(read(bare, `${json} and ${json}`), [get, answer(` and ${json}`)]);
    assert.deepEqual(read(bare, `${json};${json}; done`), [get, call("id 2", "get", "{}"), answer("; done")]);
    assert.deepEqual(read(bare, '{"answer": 42}'), [answer('{"answer": 42}')]);
  });

  it("reads no call inside an answer that a grammar holds, and calls in its place", () => {
    const held = { ...tags, callsComeFirst: true };
    const quoting = `{"q": "${getCall}"}`;
    assert.deepEqual(read(held, `<think>a</think>${quoting}`), [reasoning("a"), answer(quoting)]);
    assert.deepEqual(read(held, `${getCall}\n${getCall}`), [get, call("id 2", "get", "{}")]);
    const [begin, end] = ['{"q": "', '"}'];
    assert.deepEqual(read(tags, quoting), [answer(begin), get, answer(end)]);
  });

  it("gives out a value without quotes that is cut off or very long, as text if it may be one", () => {
    const optional = { get: { key: ["string", "null"] } } as const;
    const parts = formatOf([syntaxOf("qwen3_coder")], { parameterTypes: optional });
    const begun = "<tool_call>\n<function=get>\n<parameter=key>\n";
    assert.deepEqual(read(parts, begun, 'A "long" let'), [call("id 1", "get", '{"key": "A \\"long\\" let')]);
    const many = "y".repeat(5_000);
    const whole = read(
      { ...parts, maxArgumentBytes: 10_000 },
      begun,
      many,
      "\n</parameter>\n</function>\n</tool_call>",
    );
    assert.deepEqual(whole, [call("id 1", "get", `{"key": "${many}"}`)]);
    const number = formatOf([syntaxOf("qwen3_coder")], { parameterTypes: { get: { key: ["integer"] } } });
    assert.deepEqual(read(number, begun, "12"), [call("id 1", "get", '{"key": '), answer("12")]);
  });

  it("leaves blanks next to reasoning out, and those that only part markup", () => {
    assert.deepEqual(read(tags, `\n <think>\n a b\n\n</think>\n\n c`), [reasoning("a b"), answer("c")]);
    assert.deepEqual(read(tags, `a\n<think>b</think> `), [answer("a"), reasoning("b")]);
    assert.deepEqual(read(tags, ` \n${getCall}\n ${getCall} \n`), [get, call("id 2", "get", "{}")]);
    assert.deepEqual(read(tags, `<think></think>\n${getCall}`), [get]);
  });

  it("keeps all other blanks", () => {
    assert.deepEqual(read(tags, "  a  b \n"), [answer("  a  b \n")]);
    assert.deepEqual(read(tags, " \n"), [answer(" \n")]);
    assert.deepEqual(read(tags, `a \n${getCall}\n b`), [answer("a \n"), get, answer("\n b")]);
    assert.deepEqual(read(tags, `a${" ".repeat(5_000)}b`), [answer(`a${" ".repeat(5_000)}b`)]);
    assert.deepEqual(read(tags, "<think>a \n"), [reasoning("a \n")]);
  });

  it("leaves blanks at the beginning of reasoning out that the prompt has opened", () => {
    const opened = formatOf([], { reasoning: { ...think, isOpen: true } });
    assert.deepEqual(read(opened, "\n", " hm\n</think>\n\nyes"), [reasoning("hm"), answer("yes")]);
    assert.deepEqual(read(opened, " \n"), []);
  });

  it("tells whether it is in reasoning", () => {
    const reader = createReader(formatOf([], { reasoning: { ...think, isOpen: true } }));
    const states = ["a", "</think", ">", "b", "<think", ">", "</think>"].map((piece) => {
      reader.push(piece);
      return reader.isReasoning;
    });
    assert.deepEqual(states, [true, true, false, false, false, true, false]);
  });

  it("reads no calls in reasoning, and nothing where the format has nothing", () => {
    assert.deepEqual(read(tags, `<think>${getCall}</think>`), [reasoning(getCall)]);
    const plain = formatOf([], { reasoning: undefined });
    assert.deepEqual(read(plain, `<think>a</think> ${getCall}`), [answer(`<think>a</think> ${getCall}`)]);
    assert.deepEqual(read(formatOf([syntaxOf("tool_call")], { toolNames: [] }), getCall), [answer(getCall)]);
  });

  it("leaves frames out and puts the text on both sides together", () => {
    const framed = formatOf([], { frames: ["[A]", "[/A]"] });
    assert.deepEqual(read(framed, "[A]a[/A] b[/B]"), [answer("a b[/B]")]);
  });

  it("is over with the first whole call where there may be but one", () => {
    const reader = createReader(formatOf([syntaxOf("tool_call")], { parallelCalls: false }));
    assert.deepEqual(joined(reader.push(`a ${getCall}${getCall}`)), [answer("a "), get]);
    assert.equal(reader.isOver, true);
    assert.deepEqual(reader.push("more"), []);
    assert.deepEqual(reader.finish(), [text("", 2 + 2 * getCall.length + 4)]);
  });

  it("is over with the most calls", () => {
    const reader = createReader(formatOf([syntaxOf("tool_call")], { maxCalls: 2 }));
    reader.push(getCall);
    assert.equal(reader.isOver, false);
    reader.push(getCall);
    assert.equal(reader.isOver, true);
  });

  it("announces no more calls than there may be, broken ones counted", () => {
    const broken = '<tool_call>{"name":"get","arguments":{]';
    const once = formatOf([syntaxOf("tool_call")], { maxCalls: 1 });
    assert.deepEqual(read(once, broken + getCall), [call("id 1", "get", "{"), answer(`]${getCall}`)]);
  });

  it("is over where all arguments together would have too many bytes, and cuts between code points", () => {
    const narrow = formatOf([syntaxOf("tool_call")], { maxArgumentBytes: 12 });
    const reader = createReader(narrow);
    const parts = joined(reader.push(`${getCall}<tool_call>{"name":"get","arguments":{"a":"bé😀"}}`));
    assert.deepEqual(parts, [get, call("id 2", "get", '{"a":"bé')]);
    assert.equal(reader.isOver, true);
    assert.equal(reader.calls, 1);
  });

  it("gives up on a call that is held back for too long", () => {
    const narrow: OutputFormat = formatOf([syntaxOf("tool_call")], { maxArgumentBytes: 100 });
    const held = `<tool_call>{"x":"${"y".repeat(1_000)}`;
    const reader = createReader(narrow);
    assert.deepEqual(reader.push(held), []);
    assert.deepEqual(joined(reader.push("y".repeat(200))), [answer(held + "y".repeat(200))]);
  });

  it("makes ids of its own, unless the model's is new and long enough", () => {
    const { maxCalls, maxArgumentBytes, ...format } = formatOf([syntaxOf("apriel")]);
    const reader = new OutputReader({ format: { ...format, maxCalls, maxArgumentBytes }, maxCalls, maxArgumentBytes });
    const one = (id: string): string => `{"id":"${id}","name":"get","arguments":{}}`;
    const parts = joined(reader.push(`<tool_calls>[${["12345678", "12345678", "1", "a b c d e"].map(one).join(",")}]`));
    const ids = parts.map((part) => ("id" in part ? part.id : ""));
    assert.equal(ids[0], "12345678");
    for (const id of ids.slice(1)) assert.match(id, /^call_[0-9A-Za-z]{20}$/);
    assert.equal(new Set(ids).size, 4);
  });

  it("names a call as the caller names its tool", () => {
    const renamed = formatOf(tags.calls, { ownNames: new Map([["get", "web/get:page"]]) });
    assert.deepEqual(read(renamed, getCall), [call("id 1", "web/get:page", "{}")]);
    const other = getCall.replace('"get"', '"add-2"');
    assert.deepEqual(read(renamed, other), [call("id 1", "add-2", "{}")]);
  });

  it("reads on in linear time where nearly every tag is in vain", () => {
    const unit = '<tool_call>{"a":"<tool_call> {"b":';
    const output = unit.repeat(20_000);
    const started = performance.now();
    assert.deepEqual(read(formatOf([syntaxOf("tool_call")], { maxArgumentBytes: 100_000 }), output), [answer(output)]);
    assert.ok(performance.now() - started < 5_000);
  });
});
