import type { PrepareCommand, PrepareNotice } from "../core/prepare-messages.js";
import { faultPlace } from "../telemetry/fault-text.js";
import type { HostChannel } from "../threads/host-channel.js";
import { InputRefusal } from "../core/violations.js";
import { checkTokenIds, prepareInput, type Prepared, type PrepareTools, tokenizeText } from "./prepare-input.js";
import { resolveBiases } from "./resolve-biases.js";

type PrepareChannel = HostChannel<PrepareCommand, PrepareNotice>;

type Job = Generator<undefined, PrepareNotice>;

/**
 * Answers the commands of the main thread, on the prepare worker. Jobs take turns, one slice of work each, and commands are looked at between the
 * turns: so a cancel is seen, and a small job is not stuck behind a big one.
 */
export class PrepareHost {
  readonly #channel: PrepareChannel;
  readonly #tools: PrepareTools;
  readonly #onClose: () => void;
  /** In order of their turns. The caller bounds their number. */
  readonly #jobs = new Map<number, Job>();
  #turnIsDue = false;

  /** Starts to listen. `onClose` is called once, when a close was asked for and nothing is left to answer but `closed`. */
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
        // An id that is not there has its answer already.
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

/** One slice of the job: its answer when it has one. */
function advance(id: number, job: Job): PrepareNotice | undefined {
  try {
    const turn = job.next();
    return turn.done === true ? turn.value : undefined;
  } catch (error) {
    if (error instanceof InputRefusal) return { type: "refused", id, violation: error.violation };
    return { type: "failed", id, message: faultPlace(error) };
  }
}
