import type { ToolTokens } from "../core/prepare-messages.js";
import { toolsOf } from "./template/chat-template.js";
import { writeChat } from "./template/written-chat.js";
import type { Fragment } from "./tokens/control-texts.js";
import { tokenizeFragments } from "./tokens/tokenize-fragments.js";
import type { ChatInput, PrepareTools } from "./prepare-input.js";

export interface CountToolsRequest {
  readonly input: ChatInput;
  readonly reasoning?: boolean | undefined;
  /** The count ends at more tokens, and is then a minimum. */
  readonly maxTokens: number;
}

/**
 * Counts the tokens by which a chat would be shorter without its tools, and yields between slices of work. Only the parts in which the two prompts differ
 * are tokenised. They are whole fragments, which have the same tokens wherever they are.
 * @throws InputRefusal when the template does not accept the conversation
 */
export function* countTools(
  { vocabulary, template }: PrepareTools,
  { input, reasoning, maxTokens }: CountToolsRequest,
): Generator<undefined, ToolTokens> {
  const { chat } = writeChat({ ...input, reasoning });
  if (toolsOf(chat) === undefined) return { tokens: 0, exact: true };
  const { tools: _, ...rest } = chat;
  const shown = template.render(chat).fragments;
  yield;
  const plain = template.render(rest).fragments;
  yield;
  const [more, less] = withoutEqualEnds(shown, plain);
  const counts: ToolTokens[] = [];
  for (const fragments of [more, less]) {
    const tokenised = yield* tokenizeFragments(vocabulary, fragments, { maxTokens });
    if (tokenised.type === "tokens") counts.push({ tokens: tokenised.tokens.length, exact: true });
    else if (tokenised.type === "too_long") counts.push({ tokens: tokenised.inputTokens, exact: tokenised.exact });
    else return { tokens: 0, exact: false };
  }
  const [withTools, without] = counts;
  const tokens = Math.max(0, (withTools?.tokens ?? 0) - (without?.tokens ?? 0));
  return { tokens, exact: counts.every(({ exact }) => exact) };
}

/** Two lists without the fragments that both begin with, and those that both end with. */
function withoutEqualEnds(one: readonly Fragment[], other: readonly Fragment[]): [Fragment[], Fragment[]] {
  const most = Math.min(one.length, other.length);
  let start = 0;
  while (start < most && one[start] === other[start]) start++;
  let end = 0;
  while (end < most - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  return [one.slice(start, one.length - end), other.slice(start, other.length - end)];
}
