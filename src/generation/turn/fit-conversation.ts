import type { Message } from "../../core/conversation.js";
import { GenerationError } from "../../core/generation-error.js";
import type { ContextTrimmedEvent } from "../../core/generation-message.js";
import type { ContextPolicy } from "../../core/generation-request.js";
import type { PreparedInput } from "../../core/prepare-messages.js";
import { conversationOf, type ReadTurn } from "./conversation-of.js";

export interface Conversation {
  readonly history: readonly ReadTurn[];
  /** Of the new turn. None where it goes on with the answer of the last one. */
  readonly messages: readonly Message[];
  readonly policy: ContextPolicy;
  /** The whole, rendered, as tokens. @throws GenerationError INPUT_TOO_LONG where they are more than it may have */
  readonly prepare: (messages: readonly Message[]) => Promise<PreparedInput>;
}

export interface FittedConversation {
  readonly input: PreparedInput;
  /** undefined: the model sees all of it. */
  readonly contextTrimmed: ContextTrimmedEvent | undefined;
}

/** Of the exchanges that stay, this share may go beyond what has to. */
const SPARE_SHARE = 4;

/**
 * The conversation as tokens, without its oldest turns where it has to be shorter and the policy allows it. A conversation that grows keeps its
 * beginning for some turns between two cuts, so that a sequence which holds it can be reused.
 * @throws GenerationError INPUT_TOO_LONG where it does not fit
 */
export async function fitConversation(conversation: Conversation): Promise<FittedConversation> {
  const { history, messages, policy, prepare } = conversation;
  const { opening, exchanges } = partsOf(history);
  // What the new turn goes on with has to stay: a partial answer, or calls whose results it brings.
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
  const dropped = roundUp(await fewestThatFit(attempt, droppable), droppable);
  const input = await attempt(dropped);
  if (input === undefined) throw new Error("a conversation that fitted became too long by being cut");
  const droppedTurns = exchanges.slice(0, dropped).flat().length;
  return {
    input,
    contextTrimmed: { type: "context_trimmed", droppedTurns, keptTurns: history.length - droppedTurns },
  };
}

/** Turns of system messages alone at the beginning, which stay; and the others, each with those that go on with its answer or its calls. */
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

/** How many exchanges have to go, by halving. @throws GenerationError INPUT_TOO_LONG where it is too long without any of them */
async function fewestThatFit(
  attempt: (dropped: number) => Promise<PreparedInput | undefined>,
  droppable: number,
): Promise<number> {
  let low = 1;
  let high = droppable;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await attempt(middle)) === undefined) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** To a multiple of a power of two that is no more than a share of what stays. */
function roundUp(dropped: number, droppable: number): number {
  const spare = Math.floor((droppable - dropped) / SPARE_SHARE);
  if (spare < 2) return dropped;
  const step = 2 ** Math.floor(Math.log2(spare));
  return Math.ceil(dropped / step) * step;
}

function isTooLong(thrown: unknown): boolean {
  return thrown instanceof GenerationError && thrown.code === "INPUT_TOO_LONG";
}
