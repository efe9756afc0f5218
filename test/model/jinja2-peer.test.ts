import assert from "node:assert/strict";
import { InputRefusal } from "../../src/core/generation-error.js";
import { JinjaProgram } from "../../src/prepare/jinja/jinja-program.js";
import type { ChatRequest } from "../../src/prepare/template/chat-template.js";
import { JinjaTemplate } from "../../src/prepare/template/jinja-template.js";
import { Vocabulary } from "../../src/prepare/tokens/vocabulary.js";
import { ReleaseFiles } from "../support/release-files.js";
import { createTinyModel } from "../support/tiny-model.js";
import { CONVERSATIONS } from "./jinja2/conversations.js";
import {
  digestOf,
  type ExpectedDigests,
  expectedDigest,
  MEANT_MARK,
  readExpectedDigests,
} from "./jinja2/expected-digests.js";
import { hasJinja2, Jinja2, type Rendered, type TemplateInput, toJson } from "./jinja2/jinja2-peer.js";
import { agree } from "./jinja2/meant-differences.js";
import { rawVariables } from "./jinja2/raw-variables.js";
import { recordRenderings, renderOurs } from "./jinja2/recorded-renderings.js";

const LIMIT_MS = 180_000;

/** Control tokens that callers spell and that templates look for. The first two are the BOS and the EOS. */
const CONTROL_TEXTS = [
  ...["<|begin|>", "<|end|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"],
  ...["<tool_call>", "</tool_call>", "[INST]", "<|start_header_id|>"],
];

/** Firefunction's template needs a date from its caller, which jinja2 asks for in the same way. */
const UNUSABLE = ["fireworks-ai-llama-3-firefunction-v2"];

describe("published templates, beside jinja2", () => {
  let files: ReleaseFiles;
  let names: readonly string[];
  let expected: ExpectedDigests;

  before(async () => {
    files = await ReleaseFiles.open();
    names = await files.templateNames();
    expected = await readExpectedDigests();
  });
  after(() => files[Symbol.asyncDispose]());

  it("are at least 70, and each has its committed digests", () => {
    assert.ok(names.length >= 70);
    assert.deepEqual(Object.keys(expected), names);
  });

  it("render as jinja2 did when the digests were committed", async function () {
    this.timeout(LIMIT_MS);
    for (const name of names) {
      const program = new JinjaProgram(await files.template(name));
      const digests = CONVERSATIONS.map(([, chat]) => digestOf(renderOurs(program, rawVariables(chat))));
      assert.deepEqual(
        digests,
        expected[name]?.map((digest) => digest.replace(MEANT_MARK, "")),
        name,
      );
    }
  });

  describe("that runs here", () => {
    before(function () {
      if (hasJinja2()) return;
      console.error("    skipped: python3 has no jinja2, which .ci/tools installs");
      this.skip();
    });

    it("render the variables of transformers alike, and the digests are jinja2's", async function () {
      this.timeout(LIMIT_MS);
      await using jinja2 = new Jinja2();
      const inputs = CONVERSATIONS.map(([, chat]) => rawVariables(chat));
      for (const name of names) {
        const source = await files.template(name);
        const theirs = await jinja2.render(source, inputs);
        const program = new JinjaProgram(source);
        const ours = inputs.map((input) => renderOurs(program, input));
        requireSame(name, inputs, { ours, theirs });
        assert.deepEqual(
          pairs(ours, theirs).map((pair) => expectedDigest(name, pair)),
          expected[name],
          name,
        );
      }
    });

    it("render alike what the server passes to them, probes and prompts", async function () {
      this.timeout(LIMIT_MS);
      await using jinja2 = new Jinja2();
      await using vocabulary = await Vocabulary.load(await createTinyModel(undefined, { controlTexts: CONTROL_TEXTS }));
      let compared = 0;
      for (const name of names) {
        const source = await files.template(name);
        const recorded = recordRenderings(() => renderAll(name, source, vocabulary));
        const inputs = recorded.map(({ input }) => input);
        const theirs = await jinja2.render(source, inputs);
        requireSame(name, inputs, { ours: recorded.map(({ ours }) => ours), theirs });
        compared += inputs.length;
      }
      assert.ok(compared > 5_000, `${compared} renderings`);
    });
  });
});

function renderAll(name: string, source: string, vocabulary: Vocabulary): void {
  const template = JinjaTemplate.tryCreate(source, vocabulary);
  if (!(template instanceof JinjaTemplate)) {
    assert.ok(UNUSABLE.includes(name), `${name}: ${template.problem}`);
    return;
  }
  const options: readonly Partial<ChatRequest>[] = [
    {},
    { reasoning: true },
    { reasoning: false },
    { constrained: "answer" },
  ];
  for (const [, chat] of CONVERSATIONS) for (const more of options) tryRender(template, { ...chat, ...more });
}

function tryRender(template: JinjaTemplate, chat: ChatRequest): void {
  try {
    template.render(chat);
  } catch (error) {
    if (!(error instanceof InputRefusal)) throw error;
  }
}

interface RenderedPair {
  readonly ours: Rendered;
  readonly theirs: Rendered;
}

function pairs(ours: readonly Rendered[], theirs: readonly Rendered[]): RenderedPair[] {
  return ours.map((own, index) => {
    const other = theirs[index];
    if (other === undefined) throw new Error(`jinja2 has no rendering ${index}`);
    return { ours: own, theirs: other };
  });
}

function requireSame(
  name: string,
  inputs: readonly TemplateInput[],
  rendered: { ours: readonly Rendered[]; theirs: readonly Rendered[] },
): void {
  for (const [index, { ours, theirs }] of pairs(rendered.ours, rendered.theirs).entries()) {
    if (agree(name, ours, theirs)) continue;
    assert.deepEqual(ours, theirs, `${name} with ${toJson(inputs[index] ?? new Map()).slice(0, 2_000)}`);
  }
}
