import { GenerationError } from "../core/generation-error.js";
import type { GenerationInput } from "../core/generation-request.js";
import type { PrepareNotice } from "../core/prepare-messages.js";

/** The prepare worker's answer to one call. */
export type PrepareAnswer = Extract<PrepareNotice, { readonly id: number }>;

/** The error of an answer without the result that the caller asked for. */
export function answerError(answer: PrepareAnswer): GenerationError {
  switch (answer.type) {
    case "refused": {
      const { field, description } = answer.violation;
      return new GenerationError("INVALID_REQUEST", `${field}: ${description}`, { violations: [answer.violation] });
    }
    // A caller's own cancel never gets here, since its signal has failed the call before. The link is closing.
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

/** The error of a call that another server may take, because this one is shutting down. */
export function closingError(): GenerationError {
  return new GenerationError("DRAINING", "the server is shutting down");
}

const INPUT_FIELDS = { prompt: "prompt", chat: "chat.messages", token_ids: "token_ids.ids" };

/** The error of an input that is too long, with the counts. The context holds one output token beside the largest input. */
export function tooLongError(
  { inputTokens, exact }: Extract<PrepareAnswer, { readonly type: "too_long" }>,
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
