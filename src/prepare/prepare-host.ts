import type { PrepareCommand, PrepareNotice } from "../core/prepare-messages.js";
import { faultPlace } from "../telemetry/log-text.js";
import type { HostChannel } from "../threads/host-channel.js";
import { InputRefusal } from "../core/generation-error.js";
import { checkTokenIds, prepareInput, type Prepared, tokenizeText } from "./prepare-input.js";
import type { PrepareTools } from "./prepare-tools.js";
import { resolveBiases } from "./resolve-biases.js";

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
  command: Extract<PrepareCommand, { readonly type: "prepare" | "tokenize" | "detokenize" | "resolve_biases" }>,
): Job {
  const { id } = command;
  const { vocabulary } = tools;
  switch (command.type) {
    case "prepare":
      return toNotice(id, yield* prepareInput(tools, command));
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
