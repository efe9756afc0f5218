import { counted } from "../../core/counted.js";
import { GenerationError } from "../../core/generation-error.js";
import type { GenerationInput, TurnInput } from "../../core/generation-request.js";
import type { ToolTokens } from "../../core/prepare-messages.js";
import type { Backend } from "./backend.js";

/** The tools are counted up to this many contexts. Where they take more, the refusal says "at least". */
const COUNTED_CONTEXTS = 4;

/**
 * Waits for the result. If the input is refused because it is too long, the refusal names the tokens that its tools take. They are counted in a conversation
 * with one short question, so that the refusal of a long input costs no second look at its messages.
 * @throws GenerationError
 */
export async function namingTools<Result>(
  result: Promise<Result>,
  { input, backend, signal }: { input: GenerationInput | TurnInput; backend: Backend; signal: AbortSignal },
): Promise<Result> {
  try {
    return await result;
  } catch (thrown) {
    if (!(thrown instanceof GenerationError) || thrown.code !== "INPUT_TOO_LONG" || !showsTools(input)) throw thrown;
    const { preparer, engine } = backend;
    const { tools, templateArguments } = input;
    const question: GenerationInput = {
      type: "chat",
      messages: [{ role: "user", content: "?" }],
      ...(tools && { tools }),
      ...(templateArguments !== undefined && { templateArguments }),
    };
    const maxTokens = COUNTED_CONTEXTS * engine.contextTokens;
    throw withTools(thrown, await countOr(thrown, preparer.countTools(question, { maxTokens, signal })));
  }
}

/** Waits for the count of the tools. If it is refused, the refusal of the input stands as it is. @throws GenerationError */
async function countOr(refusal: GenerationError, counting: Promise<ToolTokens>): Promise<ToolTokens> {
  try {
    return await counting;
  } catch (error) {
    throw error instanceof GenerationError ? refusal : error;
  }
}

/** Whether the prompt shows tools. */
export function showsTools<Input extends GenerationInput | TurnInput>(
  input: Input,
): input is Extract<Input, { type: "chat" | "turn" }> {
  return "tools" in input && input.tools !== undefined && input.tools.choice.type !== "none";
}

function withTools(error: GenerationError, { tokens, exact }: ToolTokens): GenerationError {
  const { code, message, facts, violations, cause } = error;
  const text = `${message}; the tools take ${exact ? "" : "at least "}${counted(tokens, "token")} of the input`;
  return new GenerationError(code, text, {
    // A violation may say more before the error's text.
    violations: violations.map(({ field, description }) => ({
      field,
      description: description.replace(message, () => text),
    })),
    facts: { ...facts, tool_tokens: String(tokens) },
    cause,
  });
}
