import type { ChatTemplate } from "./chat-template.js";
import { FallbackTemplate } from "./fallback-template.js";
import { JinjaTemplate } from "./jinja-template.js";
import type { Vocabulary } from "../tokens/vocabulary.js";

/** The model's own template; where the file has none, or none that can be read, the one that belongs to its architecture. */
export function createChatTemplate(vocabulary: Vocabulary): ChatTemplate {
  const source: unknown = vocabulary.model.fileInfo.metadata.tokenizer.chat_template;
  const own = typeof source === "string" ? JinjaTemplate.tryCreate(source, vocabulary) : undefined;
  return own ?? new FallbackTemplate(vocabulary);
}
