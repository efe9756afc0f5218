import type { PrepareCommand, PrepareNotice } from "../core/prepare-messages.js";
import { faultPlace } from "../telemetry/log-text.js";
import type { HostChannel } from "../threads/host-channel.js";
import { InputRefusal } from "../core/generation-error.js";
import type { LogitBias, RequestedBias } from "../core/generation-request.js";
import { countTools } from "./count-tools.js";
import { checkTokenIds, type Prepared, prepareInput, type PrepareTools, tokenizeText } from "./prepare-input.js";
import type { Vocabulary } from "./tokens/vocabulary.js";

type PrepareChannel = HostChannel<PrepareCommand, PrepareNotice>;

type Job = Generator<undefined, PrepareNotice>;

/**
 * Answers the main thread's commands on the prepare worker. Jobs take turns of one slice of work, and commands are received between the turns. So a cancel
 * takes effect soon, and a small job does not wait for a big one.
 */
export class PrepareHost {
  readonly #channel: PrepareChannel;
  readonly #tools: PrepareTools;
  readonly #onClose: () => void;
  /** The jobs in the order of their turns. The caller bounds their number. */
  readonly #jobs = new Map<number, Job>();
  #turnIsDue = false;

  /** Starts to listen. A close command calls `onClose` once, when every answer but `closed` is posted. */
  constructor(options: { channel: PrepareChannel; tools: PrepareTools; onClose: () => void }) {
    this.#channel = options.channel;
    this.#tools = options.tools;
    this.#onClose = options.onClose;
    this.#channel.onCommand((command) => this.#obey(command));
  }

  #obey(command: PrepareCommand): void {
    switch (command.type) {
      case "prepare":
      case "count_tools":
      case "tokenize":
      case "detokenize":
      case "resolve_biases":
        this.#jobs.set(command.id, createJob(this.#tools, command));
        this.#scheduleTurn();
        break;
      case "cancel":
        // An unknown id already has its answer.
        if (this.#jobs.delete(command.id)) this.#answer({ type: "cancelled", id: command.id });
        break;
      case "close":
        for (const id of this.#jobs.keys()) this.#answer({ type: "cancelled", id });
        this.#jobs.clear();
        this.#onClose();
        break;
    }
  }

  #scheduleTurn(): void {
    if (this.#turnIsDue || this.#jobs.size === 0) return;
    this.#turnIsDue = true;
    setImmediate(() => {
      this.#turnIsDue = false;
      this.#takeTurn();
      this.#scheduleTurn();
    });
  }

  #takeTurn(): void {
    const next = this.#jobs.entries().next();
    if (next.done === true) return;
    const [id, job] = next.value;
    this.#jobs.delete(id);
    const notice = advance(id, job);
    if (notice === undefined) this.#jobs.set(id, job);
    else this.#answer(notice);
  }

  #answer(notice: PrepareNotice): void {
    this.#channel.post(notice, notice.type === "tokens" ? [notice.tokens.buffer as ArrayBuffer] : []);
  }
}

function* createJob(
  tools: PrepareTools,
  command: Extract<
    PrepareCommand,
    { readonly type: "prepare" | "count_tools" | "tokenize" | "detokenize" | "resolve_biases" }
  >,
): Job {
  const { id } = command;
  const { vocabulary } = tools;
  switch (command.type) {
    case "prepare":
      return toNotice(id, yield* prepareInput(tools, command));
    case "count_tools":
      return { type: "tool_tokens", id, ...(yield* countTools(tools, command)) };
    case "tokenize":
      return toNotice(id, yield* tokenizeText(vocabulary, { ...command, field: "text", maxTokens: Infinity }));
    case "resolve_biases":
      return { type: "biases", id, biases: yield* resolveBiases(vocabulary, command.biases) };
    case "detokenize": {
      const { tokenIds } = command;
      if (tokenIds.length > 0) {
        checkTokenIds(tokenIds, { field: "token_ids", vocabularySize: vocabulary.size, maxTokens: Infinity });
      }
      return { type: "text", id, text: vocabulary.detokenize(tokenIds) };
    }
  }
}

function toNotice(id: number, prepared: Prepared): PrepareNotice {
  return { ...prepared, id };
}

/** Runs one slice of the job. Returns the answer if this slice was the last. */
function advance(id: number, job: Job): PrepareNotice | undefined {
  try {
    const turn = job.next();
    return turn.done === true ? turn.value : undefined;
  } catch (error) {
    if (error instanceof InputRefusal) return { type: "refused", id, violation: error.violation };
    return { type: "failed", id, message: faultPlace(error) };
  }
}

/** The most tokens of a text that an error lists. */
const MAX_NAMED_TOKENS = 16;

/**
 * Finds the token of each bias, in the same order, and yields between slices of work.
 * @throws InputRefusal when a text is not exactly one token, or when two biases have the same token
 */
function* resolveBiases(
  vocabulary: Vocabulary,
  biases: readonly RequestedBias[],
): Generator<undefined, readonly LogitBias[]> {
  const resolved: LogitBias[] = [];
  const seen = new Set(biases.flatMap((bias) => ("tokenId" in bias ? [bias.tokenId] : [])));
  for (const [index, requested] of biases.entries()) {
    if ("tokenId" in requested) {
      resolved.push(requested);
      continue;
    }
    const field = `sampling.logit_bias[${index}].text`;
    const tokenId = yield* tokenOf(vocabulary, requested.text, field);
    if (seen.has(tokenId)) throw new InputRefusal(field, `is token ${tokenId}, which has a bias already`);
    seen.add(tokenId);
    resolved.push({ tokenId, bias: requested.bias });
    yield;
  }
  return resolved;
}

function* tokenOf(vocabulary: Vocabulary, text: string, field: string): Generator<undefined, number> {
  const options = { field, text, addBeginning: false, parseControlTokens: false, maxTokens: Infinity };
  const tokenised = yield* tokenizeText(vocabulary, options);
  const tokens = tokenised.type === "tokens" ? [...tokenised.tokens] : [];
  const [tokenId] = tokens;
  if (tokenId !== undefined && tokens.length === 1) return tokenId;
  const named = tokens.slice(0, MAX_NAMED_TOKENS).join(", ");
  const more = tokens.length > MAX_NAMED_TOKENS ? " and more" : "";
  throw new InputRefusal(field, `is ${tokens.length} tokens (${named}${more}); it must be exactly one`);
}
