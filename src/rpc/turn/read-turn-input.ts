import type { TurnInput } from "../../core/generation-request.js";
import type { Turn } from "../../sessions/session.js";
import type { GenerationCall } from "../generation/generation-call.js";
import { type FittedConversation, fitConversation } from "./fit-conversation.js";
import { turnRefusal } from "./turn-refusal.js";

/** Without a maximum of the caller's, no more than this share of the context is kept free for the output. */
const OUTPUT_SHARE = 4;

/** History and new messages of a turn as tokens. @throws GenerationError where they do not fit, or the model's template does not take them */
export async function readTurnInput(
  { request, backend, limits }: GenerationCall,
  { input, history, signal }: { input: TurnInput; history: readonly Turn[]; signal: AbortSignal },
): Promise<FittedConversation> {
  const { contextTokens } = backend.engine;
  const { messages, contextPolicy: policy } = input;
  const { maxOutputTokens } = request.stopping;
  const room = maxOutputTokens ?? Math.min(limits.defaultMaxOutputTokens, Math.floor(contextTokens / OUTPUT_SHARE));
  // What is cut leaves room for an answer; what is not may use all but one token, as any other input.
  const maxInputTokens = policy === "refuse" ? contextTokens - 1 : Math.max(1, contextTokens - room);
  let conversationLength = 0;
  try {
    return await fitConversation({
      history,
      messages,
      policy,
      prepare: async (conversation) => {
        conversationLength = conversation.length;
        const chat = { type: "chat", messages: conversation } as const;
        return (await backend.preparer.prepare(chat, { maxInputTokens, signal })).tokens;
      },
    });
  } catch (thrown) {
    throw turnRefusal(thrown, conversationLength - messages.length);
  }
}
