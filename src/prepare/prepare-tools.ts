import { CompiledGrammars, createNativeCompiler } from "./grammar/compiled-grammars.js";
import type { GrammarBounds } from "./grammar/rules/grammar-bounds.js";
import type { ChatTemplate } from "./template/chat-template.js";
import { FallbackTemplate } from "./template/fallback-template.js";
import { JinjaTemplate } from "./template/jinja-template.js";
import type { Vocabulary } from "./tokens/vocabulary.js";

/** The objects that all jobs of a prepare worker share. */
export interface PrepareTools {
  readonly vocabulary: Vocabulary;
  readonly template: ChatTemplate;
  readonly grammars: CompiledGrammars;
  readonly grammarBounds: GrammarBounds;
}

export function createPrepareTools(vocabulary: Vocabulary, grammarBounds: GrammarBounds): PrepareTools {
  const template = createChatTemplate(vocabulary);
  const grammars = new CompiledGrammars(createNativeCompiler(vocabulary.model));
  return { vocabulary, template, grammars, grammarBounds };
}

/** The template in the model's file, or the one that belongs to its architecture if the file has no usable template. */
export function createChatTemplate(vocabulary: Vocabulary): ChatTemplate {
  const source: unknown = vocabulary.model.fileInfo.metadata.tokenizer.chat_template;
  const own = typeof source === "string" ? JinjaTemplate.tryCreate(source, vocabulary) : undefined;
  return own ?? new FallbackTemplate(vocabulary);
}
