import type { Message } from "../core/conversation.js";
import type { PreparerFacts } from "../core/prepare-wall.js";
import type { Fragment } from "./control-texts.js";

/** Turns a conversation into what the model was trained to read. Lives on the prepare worker. */
export interface ChatTemplate {
  readonly facts: PreparerFacts["template"];
  /**
   * The conversation, ready to be answered; an assistant message that comes last is left open. What a message spells is plain text in the result,
   * whatever it spells.
   * @throws InputRefusal where the template does not take such a conversation
   */
  render(messages: readonly Message[]): Fragment[];
}
