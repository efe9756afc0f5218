import { createChatTemplate } from "./template/create-chat-template.js";
import type { GrammarBounds } from "./grammar/rules/grammar-bounds.js";
import { CompiledGrammars, createNativeCompiler } from "./grammar/compiled-grammars.js";
import type { PrepareTools } from "./prepare-input.js";
import type { Vocabulary } from "./tokens/vocabulary.js";

/** All that is made once of a vocabulary. */
export function createPrepareTools(vocabulary: Vocabulary, grammarBounds: GrammarBounds): PrepareTools {
  const template = createChatTemplate(vocabulary);
  const grammars = new CompiledGrammars(createNativeCompiler(vocabulary.model));
  return { vocabulary, template, grammars, grammarBounds };
}
