import assert from "node:assert/strict";
import type { ToolUse } from "../../src/core/conversation.js";
import type { ChatRequest, RenderedChat } from "../../src/prepare/template/chat-template.js";
import { createChatTemplate } from "../../src/prepare/prepare-input.js";
import { JinjaTemplate } from "../../src/prepare/template/jinja-template.js";
import { Vocabulary } from "../../src/prepare/tokens/vocabulary.js";
import { createTinyModel, TINY_CHAT_TEMPLATE, TINY_SYSTEM_MESSAGE } from "../support/tiny-model.js";
import { assistant, user } from "./conversation.js";
import { assertRefuses } from "./refuses.js";

const tools: ToolUse = {
  tools: [
    { name: "add", description: "Adds.", parameters: '{"type": "object", "properties": {"a": {"type": "number"}}}' },
    { name: "now", description: "", parameters: "{}" },
  ],
  choice: { type: "auto" },
  parallel: true,
};

/** A template that shows tools, calls and results in the generic form, and reasons on demand. */
const TOOL_TEMPLATE =
  "{% if tools %}{{ 'TOOLS' + tools | tojson }}{% endif %}{% for m in messages %}{{ '<' + m.role + '>' + m.content }}" +
  "{% for c in m.tool_calls or [] %}{{ '<tool_call>' + c.function | tojson + '</tool_call>' }}{% endfor %}" +
  "{% if greeting %}{{ greeting.text }}{% endif %}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<assistant>' }}{% if enable_thinking is defined and not enable_thinking %}" +
  "{{ '<think></think>' }}{% endif %}{% endif %}";

describe("a chat template and tools", () => {
  let vocabulary: Vocabulary;

  before(async () => {
    vocabulary = await Vocabulary.load(await createTinyModel());
  });
  after(() => vocabulary[Symbol.asyncDispose]());

  function render(chat: ChatRequest, source = TOOL_TEMPLATE): RenderedChat & { readonly text: string } {
    const template = JinjaTemplate.tryCreate(source, vocabulary);
    assert.ok(template instanceof JinjaTemplate);
    const rendered = template.render(chat);
    return {
      ...rendered,
      text: rendered.fragments.map((part) => (typeof part === "string" ? part : `#${part}`)).join(""),
    };
  }

  function facts(source: string): JinjaTemplate["facts"] {
    const template = JinjaTemplate.tryCreate(source, vocabulary);
    assert.ok(template instanceof JinjaTemplate);
    return template.facts;
  }

  it("shows tools in the template's own way where it has one", () => {
    const { text, format } = render({ messages: [user("x")], tools });
    const parameters = '{"type": "object", "properties": {"a": {"type": "number"}}}';
    const shown = `[{"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": ${parameters}}}, `;
    assert.ok(text.startsWith(`TOOLS${shown}`), text);
    assert.deepEqual(format?.toolNames, ["add", "now"]);
    assert.equal(format.parallelCalls, true);
    assert.equal(format.calls.length, 1);
  });

  it("keeps the template's default system message beside the block of tools", () => {
    const { text, format } = render({ messages: [user("x")], tools }, TINY_CHAT_TEMPLATE);
    assert.match(
      text,
      new RegExp(`^#257system\n# Tools[^]*just answer\\.\n\n${TINY_SYSTEM_MESSAGE}#258\n#257user\nx#258`),
    );
    assert.equal(format?.calls.length, 2);
  });

  it("shows a choice of none no tools, and a named one to all, but takes calls of that one only", () => {
    const none = render({ messages: [user("x")], tools: { ...tools, choice: { type: "none" } } });
    assert.ok(!none.text.includes("add"), none.text);
    assert.equal(none.format?.calls.length, 0);
    const named = render({ messages: [user("x")], tools: { ...tools, choice: { type: "named", name: "now" } } });
    assert.equal(named.text, render({ messages: [user("x")], tools }).text);
    assert.deepEqual(named.format?.toolNames, ["now"]);
  });

  it("falls back to the block for tools that make the template fail", () => {
    const source = TOOL_TEMPLATE.replace(
      "{% if tools %}",
      "{% if tools %}{% if 'bad' in tools[0].function.name %}{{ raise_exception('bad') }}{% endif %}",
    );
    const [first] = tools.tools;
    assert.ok(first !== undefined);
    assert.match(render({ messages: [user("x")], tools }, source).text, /^TOOLS/);
    const bad = { ...tools, tools: [{ ...first, name: "bad" }] };
    assert.match(render({ messages: [user("x")], tools: bad }, source).text, /# Tools/);
  });

  it("does not go on inside a message with calls", () => {
    const calling = { ...assistant("a"), toolCalls: [{ id: "1", name: "add", arguments: "{}" }] };
    assert.match(render({ messages: [user("x"), calling] }).text, /<\/tool_call><assistant>$/);
    assert.match(render({ messages: [user("x"), assistant("a")] }).text, /<assistant>a$/);
  });

  it("refuses calls and parameters that are not JSON, naming the field", () => {
    const calling = { ...assistant(""), toolCalls: [{ id: "1", name: "add", arguments: "{" }] };
    assertRefuses(
      () => render({ messages: [user("x"), calling] }),
      "chat.messages[1].tool_calls[0].arguments",
      /not JSON/,
    );
    const broken = { ...tools, tools: [{ name: "add", description: "", parameters: "[]" }] };
    assertRefuses(
      () => render({ messages: [user("x")], tools: broken }),
      "chat.tools[0].parameters",
      /not a JSON object/,
    );
  });

  describe("and its arguments", () => {
    const withArguments = (templateArguments: string): string =>
      render({ messages: [user("x")], templateArguments }).text;

    it("passes them through, as text whatever they spell", () => {
      const { fragments } = render({ messages: [user("x")], templateArguments: '{"greeting":{"text":"<|im_end|>"}}' });
      assert.deepEqual(fragments, ["<user>x<|im_end|><assistant>"]);
    });

    it("refuses those that the server fills, and those that the template does not know", () => {
      const field = "chat.template_arguments";
      assertRefuses(() => withArguments('{"messages":[]}'), field, /contains "messages", which the server sets itself/);
      assertRefuses(() => withArguments('{"range":1}'), field, /contains "range", which the server sets itself/);
      assertRefuses(() => withArguments('{"enable_thinking":true}'), field, /; reasoning\.enabled sets it/);
      assertRefuses(
        () => withArguments('{"other":1}'),
        field,
        /contains "other", which the model's chat template does not use/,
      );
      assertRefuses(
        () => withArguments('{"1":1}'),
        field,
        /contains "1", which the model's chat template does not use/,
      );
      assertRefuses(() => withArguments("[]"), field, /not a JSON object/);
    });
  });

  describe("and reasoning", () => {
    const marks = TOOL_TEMPLATE;

    it("is switched by the template's variable, and told in the format", () => {
      const on = render({ messages: [user("x")], reasoning: true });
      assert.equal(on.text, "<user>x<assistant>");
      assert.equal(on.format?.reasoning?.isOpen, false);
      assert.deepEqual(on.format.reasoning.endTokens, vocabulary.tokenize("</think>"));
      const off = render({ messages: [user("x")], reasoning: false });
      assert.equal(off.text, "<user>x<assistant><think></think>");
      assert.equal(off.format, undefined);
    });

    it("is opened by the prompt where an answer is held to a grammar after it, and shut out where nobody asked for it", () => {
      const open = render({ messages: [user("x")], reasoning: true, constrained: "answer" });
      assert.equal(open.text, "<user>x<assistant><think>\n");
      assert.equal(open.format?.reasoning?.isOpen, true);
      assert.equal(render({ messages: [user("x")], constrained: "answer" }).format, undefined);
    });

    it("is known by a history that shows it, and by the template's own system message, where no switch tells of it", () => {
      const shown =
        "{% for m in messages %}{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}";
      const own =
        "{% if messages[0].role != 'system' %}Draft it in [THINK]x[/THINK]. {% endif %}{% for m in messages %}";
      for (const [beginning, begin] of [
        [shown, "<think>"],
        [own, "[THINK]"],
      ] as const) {
        const source = `${beginning}{{ m.content }}{% endfor %}`;
        assert.equal(facts(source).reasoning, true);
        assert.equal(render({ messages: [user("x")], reasoning: true }, source).format?.reasoning?.begin, begin);
        const asked = (): unknown => render({ messages: [user("x")], reasoning: false }, source);
        assertRefuses(asked, "reasoning.enabled", /no switch/);
      }
      assert.equal(facts("{# </think> #}{% for m in messages %}{{ m.content }}{% endfor %}").reasoning, false);
    });

    it("is switched by the variable of the family where there is no usual one", () => {
      const source =
        "{% for m in messages %}{{ m.content }}{% endfor %}" +
        "{% if thinking_budget is defined and thinking_budget == 0 %}<seed:think></seed:think>{% endif %}";
      assert.equal(facts(source).reasoning, true);
      const text = (reasoning: boolean): string => render({ messages: [user("x")], reasoning }, source).text;
      assert.deepEqual([text(true), text(false)], ["x", "x<seed:think></seed:think>"]);
    });

    it("is refused where the template has none, or no switch", () => {
      const field = "reasoning.enabled";
      const plain = "{% for m in messages %}{{ m.content }}{% endfor %}";
      assertRefuses(
        () => render({ messages: [user("x")], reasoning: true }, plain),
        field,
        /does not support reasoning/,
      );
      assert.equal(render({ messages: [user("x")], reasoning: false }, plain).text, "x");
      const always = `${plain}{% if add_generation_prompt %}<think>\n{% endif %}{# </think> #}`;
      assertRefuses(
        () => render({ messages: [user("x")], reasoning: false }, `${always}{{ '' if '</think>' else '' }}`),
        field,
        /no switch/,
      );
      assert.ok(marks.includes("enable_thinking"));
    });
  });

  it("is the same without a template: the block, and no reasoning", async () => {
    await using own = await Vocabulary.load(await createTinyModel(undefined, { chatTemplate: undefined }));
    const template = createChatTemplate(own);
    const { fragments, format } = template.render({ messages: [user("x")], tools });
    assert.match(fragments.join(""), /system\n# Tools[^]*user\nx/);
    assert.equal(format?.calls.length, 2);
    assertRefuses(
      () => template.render({ messages: [user("x")], reasoning: true }),
      "reasoning.enabled",
      /has no chat template that supports reasoning/,
    );
    assertRefuses(
      () => template.render({ messages: [user("x")], templateArguments: "{}" }),
      "chat.template_arguments",
      /has no chat template that takes arguments/,
    );
  });
});
