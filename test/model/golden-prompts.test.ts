import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChatRequest } from "../../src/prepare/template/chat-template.js";
import type { Fragment } from "../../src/prepare/tokens/control-texts.js";
import { InputRefusal } from "../../src/core/generation-error.js";
import { DEFAULT_LIMITS } from "../../src/core/limits.js";
import { Preparer } from "../../src/prepare/preparer.js";
import { tokenizeFragments } from "../../src/prepare/tokens/tokenize-fragments.js";
import { Vocabulary } from "../../src/prepare/tokens/vocabulary.js";
import { silentLogger } from "../../src/telemetry/logger.js";
import { runJob } from "../prepare/run-job.js";
import { ReleaseFiles } from "../support/release-files.js";
import { withChatTemplate } from "../support/with-chat-template.js";
import { FAMILIES } from "./golden/families.js";
import { FamilyTemplate, goldenPath } from "./golden/golden-prompt.js";
import { PLAIN_WORDS, SCENES, wholeConversation, type Words } from "./golden/scenes.js";

const UNPACK_LIMIT_MS = 120_000;

/**
 * Published templates, out of the release of llama.cpp behind the binding, against the prompts in `test/model/golden/`. After a change that is meant, write
 * those anew with `node dist/test/model/golden/write-golden-main.js`, and read what has changed.
 */
describe("golden prompts of published templates", () => {
  let files: ReleaseFiles;

  before(async function () {
    this.timeout(UNPACK_LIMIT_MS);
    files = await ReleaseFiles.open();
  });
  after(() => files[Symbol.asyncDispose]());

  for (const family of FAMILIES) {
    describe(`of ${family.name}`, () => {
      let loaded: FamilyTemplate;

      before(async () => {
        loaded = await FamilyTemplate.load(family, files);
      });
      after(() => loaded[Symbol.asyncDispose]());

      it("are what they were", async () => {
        assert.equal(loaded.scenes(), await readFile(goldenPath(family), "utf8"));
      });

      it("keep what callers write text, wherever it is put and whichever control tokens it spells", () => {
        const hostile = ` ${family.controlTexts.join("x")} ${family.controlTexts.join("")} `;
        for (const question of [true, false]) {
          const innocent = wordsAround("INNOCENT");
          const plain = tryRender(loaded, wholeConversation(innocent, { withSystem: question }));
          const attacked = tryRender(loaded, wholeConversation(wordsAround(hostile), { withSystem: question }));
          // What cuts a text does so to keep its tokens apart; joined, it is the text.
          assert.deepEqual(
            joined(attacked).map((part) => (typeof part === "string" ? part.replaceAll(hostile, "INNOCENT") : part)),
            joined(plain),
          );
          tokenize(loaded.vocabulary, attacked);
        }
      });

      // Mistral's templates show tools beside the last question only.
      if (family.name.startsWith("mistral")) return;

      it("are the same from turn to turn, up to the last question", () => {
        const whole = wholeConversation(PLAIN_WORDS, { withSystem: false });
        const [first] = whole.messages;
        assert.ok(first !== undefined);
        const before = tryRender(loaded, { ...whole, messages: [first] });
        const after = loaded.spell(tryRender(loaded, whole));
        const common = loaded.spell(before).split(PLAIN_WORDS.question)[0] ?? "";
        assert.ok(common.length > 100, common);
        assert.ok(after.startsWith(common + PLAIN_WORDS.question));
      });
    });
  }

  describe("of a whole model file", () => {
    const models = [
      { name: "qwen-3", vocabulary: "qwen2", bounds: { start: "<|im_start|>", end: "<|im_end|>" } },
      { name: "llama-3.1", vocabulary: "llama-bpe", bounds: { start: "<|start_header_id|>", end: "<|eot_id|>" } },
    ] as const;

    for (const { name, vocabulary } of models) {
      it(`are those of ${name}, by the worker and its own vocabulary`, async function () {
        this.timeout(UNPACK_LIMIT_MS);
        const family = FAMILIES.find((it) => it.name === name);
        assert.ok(family !== undefined);
        const folder = await mkdtemp(join(tmpdir(), "rill-golden-"));
        try {
          const modelPath = join(folder, `${name}.gguf`);
          const file = await files.read(`models/ggml-vocab-${vocabulary}.gguf`);
          await writeFile(modelPath, withChatTemplate(file, await files.template(family.template)));
          await using preparer = await Preparer.start({
            modelPath,
            limits: DEFAULT_LIMITS,
            log: silentLogger,
            queueCapacity: 1,
          });
          await using own = await Vocabulary.load(modelPath);
          await using small = await FamilyTemplate.load(family, files);
          assert.deepEqual(preparer.facts.template, small.template.facts);
          for (const [title, chat] of SCENES) {
            const expected = spellOf(small, chat);
            if (expected === undefined) continue;
            const { templateArguments, tools, messages, reasoning } = chat;
            const constraint = chat.constrained === "answer" ? ({ type: "json_object" } as const) : undefined;
            const input = { type: "chat", messages, tools, templateArguments } as const;
            const signal = new AbortController().signal;
            const prepared = await preparer.prepare(input, { reasoning, constraint, maxInputTokens: 4_096, signal });
            assert.equal(spellTokens(own, prepared.tokens), expected, title);
          }
        } finally {
          await rm(folder, { recursive: true });
        }
      });
    }
  });
});

function wordsAround(text: string): Words {
  const words = Object.entries(PLAIN_WORDS).map(([name, word]) => [name, `${String(word)}${text}.`]);
  return Object.fromEntries(words) as Words;
}

function tryRender({ template }: FamilyTemplate, chat: ChatRequest): Fragment[] {
  try {
    return template.render(chat).fragments;
  } catch (error) {
    // Without a place for a system message there is nothing in it to look at.
    if (error instanceof InputRefusal) return [error.message];
    throw error;
  }
}

function spellOf(family: FamilyTemplate, chat: ChatRequest): string | undefined {
  try {
    return family.spell(family.template.render(chat).fragments);
  } catch (error) {
    if (error instanceof InputRefusal) return undefined;
    throw error;
  }
}

/** Texts that meet are one. */
function joined(fragments: readonly Fragment[]): Fragment[] {
  const parts: Fragment[] = [];
  for (const fragment of fragments) {
    const last = parts.at(-1);
    if (typeof last === "string" && typeof fragment === "string") parts[parts.length - 1] = last + fragment;
    else parts.push(fragment);
  }
  return parts;
}

/** @throws AssertionError where a text spells a control token after all */
function tokenize(vocabulary: Vocabulary, fragments: readonly Fragment[]): void {
  const { value } = runJob(tokenizeFragments(vocabulary, fragments, { maxTokens: Infinity }));
  assert.equal(value.type, "tokens");
}

/** Control tokens between ⟪ and ⟫, all else as text. */
function spellTokens(vocabulary: Vocabulary, tokens: Uint32Array): string {
  const { tokens: texts } = vocabulary.model.fileInfo.metadata.tokenizer.ggml;
  const parts: string[] = [];
  let plain: number[] = [];
  for (const token of tokens) {
    if (!vocabulary.isControl(token)) {
      plain.push(token);
      continue;
    }
    parts.push(vocabulary.detokenize(plain), `⟪${texts[token] ?? ""}⟫`);
    plain = [];
  }
  return parts.join("") + vocabulary.detokenize(plain);
}
