import { GenerationError } from "../core/generation-error.js";
import type { GenerationInput } from "../core/generation-request.js";
import type { PrepareNotice } from "../core/prepare-messages.js";

/** What the prepare worker says to one call. */
export type Answer = Extract<PrepareNotice, { readonly id: number }>;

/** What a caller is told for an answer that does not bring what was asked for. */
export function answerError(answer: Answer): GenerationError {
  switch (answer.type) {
    case "refused": {
      const { field, description } = answer.violation;
      return new GenerationError("INVALID_REQUEST", `${field}: ${description}`, { violations: [answer.violation] });
    }
    // The caller's own cancel never gets here: its signal has failed the call before. So the link is closing.
    case "cancelled":
      return closingError();
    case "failed":
      return GenerationError.from(new Error(answer.message));
    case "tokens":
    case "text":
    case "biases":
    case "too_long":
      return GenerationError.from(new Error(`the prepare worker answered with ${answer.type}`));
  }
}

/** The server is going down; another one may take the call. */
export function closingError(): GenerationError {
  return new GenerationError("DRAINING", "the server is shutting down");
}

const INPUT_FIELDS = { prompt: "prompt", chat: "chat.messages", token_ids: "token_ids.ids" };

/** An input that cannot fit, with the counts. The context is the bound and the one output token that there must be room for. */
export function tooLongError(
  { inputTokens, exact }: Extract<Answer, { readonly type: "too_long" }>,
  { input, maxInputTokens }: { input: GenerationInput; maxInputTokens: number },
): GenerationError {
  const contextTokens = maxInputTokens + 1;
  const count = exact ? `${inputTokens}` : `at least ${inputTokens}`;
  const description = `the input has ${count} tokens and the context holds ${contextTokens}, one of them for the output`;
  return new GenerationError("INPUT_TOO_LONG", description, {
    violations: [{ field: INPUT_FIELDS[input.type], description }],
    facts: {
      input_tokens: String(inputTokens),
      input_tokens_exact: String(exact),
      context_tokens: String(contextTokens),
    },
  });
}
