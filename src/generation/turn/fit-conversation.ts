import type { Message } from "../../core/conversation.js";
import { GenerationError } from "../../core/generation-error.js";
import type { ContextTrimmedEvent } from "../../core/generation-message.js";
import type { ContextPolicy } from "../../core/generation-request.js";
import type { PreparedInput } from "../../core/prepare-messages.js";
import type { Turn } from "../../sessions/session.js";

/** At most this share of the exchanges that stay is dropped beyond those that have to be. */
const SPARE_SHARE = 4;

/** The parts of a turn that the model reads. */
export type ReadTurn = Pick<Turn, "status" | "messages" | "continues" | "answer" | "reasoning" | "toolCalls">;

interface Conversation {
  readonly history: readonly ReadTurn[];
  /** The new turn's; none if it continues the last answer. */
  readonly messages: readonly Message[];
  readonly policy: ContextPolicy;
  /** Renders messages and makes tokens of them. @throws GenerationError INPUT_TOO_LONG if they are too many */
  readonly prepare: (messages: readonly Message[]) => Promise<PreparedInput>;
}

export interface FittedConversation {
  readonly input: PreparedInput;
  /** undefined: the model sees the whole conversation. */
  readonly contextTrimmed: ContextTrimmedEvent | undefined;
}

/**
 * Makes tokens of the conversation, without its oldest turns if it is too long and the policy allows that. A conversation that grows keeps its beginning
 * for some turns between two cuts, so that a sequence which holds it can be reused.
 * @throws GenerationError INPUT_TOO_LONG where it does not fit
 */
export async function fitConversation(conversation: Conversation): Promise<FittedConversation> {
  const { history, messages, policy, prepare } = conversation;
  const { opening, exchanges } = partsOf(history);
  // A partial answer that the new turn continues has to stay, and so do calls whose results it brings.
  const droppable = exchanges.length - (messages.length === 0 || bringsResults(messages) ? 1 : 0);
  const attempt = async (dropped: number): Promise<PreparedInput | undefined> => {
    const kept = [...opening, ...exchanges.slice(dropped).flat()];
    try {
      return await prepare(conversationOf(kept, messages));
    } catch (thrown) {
      if (policy === "drop_oldest_turns" && dropped < droppable && isTooLong(thrown)) return undefined;
      throw thrown;
    }
  };
  const whole = await attempt(0);
  if (whole !== undefined) return { input: whole, contextTrimmed: undefined };
  // Halving finds the fewest that have to go. If it is too long without any of them, the attempt throws.
  let [fewest, most] = [1, droppable];
  while (fewest < most) {
    const middle = Math.floor((fewest + most) / 2);
    if ((await attempt(middle)) === undefined) fewest = middle + 1;
    else most = middle;
  }
  const dropped = roundUp(fewest, droppable);
  const input = await attempt(dropped);
  if (input === undefined) throw new Error("a conversation that fitted became too long by being cut");
  const droppedTurns = exchanges.slice(0, dropped).flat().length;
  return {
    input,
    contextTrimmed: { type: "context_trimmed", droppedTurns, keptTurns: history.length - droppedTurns },
  };
}

/** Splits a history into the system turns at its beginning, which stay, and the exchanges: turns with those that continue their answers or calls. */
function partsOf(history: readonly ReadTurn[]): { opening: readonly ReadTurn[]; exchanges: ReadTurn[][] } {
  const first = history.findIndex(
    ({ status, messages }) => status !== "appended" || messages.some(({ role }) => role !== "system"),
  );
  const opening = first < 0 ? history : history.slice(0, first);
  const exchanges: ReadTurn[][] = [];
  for (const turn of history.slice(opening.length)) {
    const before = exchanges.at(-1);
    if ((turn.continues || bringsResults(turn.messages)) && before !== undefined) before.push(turn);
    else exchanges.push([turn]);
  }
  return { opening, exchanges };
}

function bringsResults([first]: readonly Message[]): boolean {
  return first?.role === "tool";
}

/** Rounds up to a multiple of a power of two that is at most a share of the exchanges that stay. */
function roundUp(dropped: number, droppable: number): number {
  const spare = Math.floor((droppable - dropped) / SPARE_SHARE);
  if (spare < 2) return dropped;
  const step = 2 ** Math.floor(Math.log2(spare));
  return Math.ceil(dropped / step) * step;
}

function isTooLong(thrown: unknown): boolean {
  return thrown instanceof GenerationError && thrown.code === "INPUT_TOO_LONG";
}

/**
 * Puts turns and new messages together as the conversation that the model's template renders. An answer, whole or partial, is a message of the assistant with
 * its tool calls. An answer that continues another, or an unfinished message of the assistant, becomes one message with it. Reasoning goes along until the
 * user speaks again: on the way from a question through tool calls to the answer, the model may still need it.
 */
export function conversationOf(turns: readonly ReadTurn[], messages: readonly Message[] = []): Message[] {
  const conversation: Message[] = [];
  /** The reasoning of each answer that has some, by the answer's place. */
  const thoughtOf = new Map<number, string>();
  for (const turn of turns) {
    conversation.push(...turn.messages);
    if (turn.status === "appended") continue;
    addAnswer(conversation, turn);
    if (turn.reasoning !== undefined) thoughtOf.set(conversation.length - 1, turn.reasoning);
  }
  conversation.push(...messages);
  const lastAsked = conversation.findLastIndex(({ role }) => role === "user");
  for (const [index, reasoning] of thoughtOf) {
    const message = conversation[index];
    if (message !== undefined && index > lastAsked) conversation[index] = { ...message, reasoning };
  }
  return conversation;
}

function addAnswer(conversation: Message[], { messages, continues, answer, toolCalls }: ReadTurn): void {
  const last = conversation.at(-1);
  const goesOn = last?.role === "assistant" && last.toolCalls === undefined && (continues || messages.length > 0);
  const calls = toolCalls === undefined ? {} : { toolCalls };
  if (goesOn) conversation[conversation.length - 1] = { ...last, content: last.content + answer, ...calls };
  else conversation.push({ role: "assistant", content: answer, ...calls });
}
