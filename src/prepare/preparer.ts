import { counted } from "../core/counted.js";
import { GenerationError } from "../core/generation-error.js";
import type { GenerationInput, LogitBias, RequestedBias, RequestedConstraint } from "../core/generation-request.js";
import type { Limits } from "../core/limits.js";
import type { TemplateFacts } from "../core/model-facts.js";
import type {
  PrepareCommand,
  PreparedInput,
  PrepareNotice,
  PreparerFacts,
  ToolTokens,
} from "../core/prepare-messages.js";
import { Deferred } from "../sync/deferred.js";
import { onAbort } from "../sync/abort.js";
import type { Logger } from "../telemetry/logger.js";
import { type WorkerEnd, WorkerLink } from "../threads/worker-link.js";
import { grammarBoundsOf } from "./grammar/rules/grammar-bounds.js";
import type { PrepareWorkerData } from "./prepare-worker.js";

type PrepareThread = WorkerLink<PrepareCommand, PrepareNotice>;

const PREPARE_WORKER = new URL("./prepare-worker.js", import.meta.url);

/** The prepare worker's answer to one call. */
type PrepareAnswer = Extract<PrepareNotice, { readonly id: number }>;

/** A command that the worker answers, without the id that the link gives it. */
type AnsweredCommand<Command = PrepareCommand> = Command extends {
  readonly id: number;
  readonly type: "prepare" | "count_tools" | "tokenize" | "detokenize" | "resolve_biases";
}
  ? Omit<Command, "id">
  : never;

/**
 * open: the link takes calls. closing: the worker was asked to close and ends its calls. lost: the worker died, and every call fails with the error.
 * open → closing | lost. A closing link is never lost, because it asked for the exit.
 */
type PreparerState =
  { readonly type: "open" } | { readonly type: "closing" } | { readonly type: "lost"; readonly error: GenerationError };

/** The pause that is asked of a caller beyond the capacity. An input is prepared in milliseconds. */
const RETRY_MS = 1_000;

export interface PreparerOptions {
  readonly modelPath: string;
  /** The limits in force, which bound grammars. */
  readonly limits: Limits;
  readonly log: Logger;
  /** The most calls that the worker holds at a time; the link refuses one more. */
  readonly queueCapacity: number;
  /** The worker's script, which tests replace. */
  readonly entry?: URL;
}

export interface PrepareOptions {
  /** The tenant of the caller, for whom grammars are compiled and kept. The default is "", as where the server knows no tenants. */
  readonly tenant?: string | undefined;
  readonly maxInputTokens: number;
  readonly signal: AbortSignal;
  readonly constraint?: RequestedConstraint | undefined;
  /** Whether a schema that the grammar cannot hold in every keyword is refused. The default is false. */
  readonly strictSchema?: boolean | undefined;
  /** Whether the model reasons before its answer. The template decides by default. */
  readonly reasoning?: boolean | undefined;
}

/**
 * The main thread's link to the prepare worker, which turns inputs into tokens and holds up neither the main thread nor the step loop. A process has one.
 * A call fails with a GenerationError: TOO_MANY_CALLS beyond the capacity, ENGINE_LOST when the worker died, DRAINING when the link is being disposed of,
 * INTERNAL on a fault of the worker. A signal that aborts fails its call at once, with its reason.
 */
export class Preparer implements AsyncDisposable {
  readonly facts: PreparerFacts;
  /** Resolves with the cause when the worker dies unasked. It never rejects, and stays pending on a clean close. */
  readonly lost: Promise<Error>;
  readonly #worker: PrepareThread;
  readonly #log: Logger;
  readonly #queueCapacity: number;
  /** The calls that the worker has not answered. They include those that their callers gave up, because the worker still has them. */
  readonly #pending = new Map<number, Deferred<PrepareAnswer>>();
  #state: PreparerState = { type: "open" };
  #nextId = 1;

  private constructor(worker: PrepareThread, facts: PreparerFacts, options: PreparerOptions) {
    this.facts = facts;
    this.#worker = worker;
    this.#log = options.log;
    this.#queueCapacity = options.queueCapacity;
    this.lost = worker.lost.then(causeOf);
    void this.lost.then((cause) => this.#lose(cause));
    worker.onNotice((notice) => this.#receive(notice));
  }

  /** @throws Error with the reason when the file's vocabulary cannot be loaded */
  static async start({ entry = PREPARE_WORKER, ...options }: PreparerOptions): Promise<Preparer> {
    const { modelPath, limits } = options;
    const data: PrepareWorkerData = { modelPath, grammarBounds: grammarBoundsOf(limits) };
    const worker: PrepareThread = new WorkerLink({
      entry,
      data,
      name: "rill-prepare",
      closeCommand: { type: "close" },
    });
    const start = await worker.started;
    switch (start.type) {
      case "ready":
        warnOfProblem(start.facts.template, options.log);
        return new Preparer(worker, start.facts, options);
      case "unusable":
        await worker.exited;
        throw new Error(`cannot load the vocabulary of ${modelPath}: ${start.message}`);
      case "failed":
        throw start.error;
      case "exited":
        throw new Error(`the prepare worker ended with code ${start.code} before it was ready`);
    }
  }

  /**
   * Prepares the input of a run.
   * @param options.maxInputTokens the context less one output token
   * @throws GenerationError INVALID_REQUEST with the violation, INPUT_TOO_LONG with the counts, or an error of any call
   */
  async prepare(input: GenerationInput, options: PrepareOptions): Promise<PreparedInput> {
    const { signal, ...request } = options;
    const answer = await this.#call({ type: "prepare", input, ...request }, signal);
    if (answer.type === "tokens") {
      const { tokens, format, grammar, notHeld } = answer;
      return { tokens, format, grammar, notHeld };
    }
    if (answer.type === "too_long") throw tooLongError(answer, { input, maxInputTokens: options.maxInputTokens });
    throw this.#failure(answer);
  }

  /**
   * Counts the tokens by which a chat would be shorter without its tools.
   * @param options.maxTokens the count ends at more tokens
   * @throws GenerationError INVALID_REQUEST with the violation, or an error of any call
   */
  async countTools(
    input: Extract<GenerationInput, { readonly type: "chat" }>,
    { maxTokens, signal }: { readonly maxTokens: number; readonly signal: AbortSignal },
  ): Promise<ToolTokens> {
    const answer = await this.#call({ type: "count_tools", input, maxTokens }, signal);
    if (answer.type === "tool_tokens") return { tokens: answer.tokens, exact: answer.exact };
    throw this.#failure(answer);
  }

  /** Tokenises a text of any length. */
  async tokenize(
    request: { text: string; addBeginning: boolean; parseControlTokens: boolean },
    signal: AbortSignal,
  ): Promise<Uint32Array> {
    const answer = await this.#call({ type: "tokenize", ...request }, signal);
    if (answer.type === "tokens") return answer.tokens;
    throw this.#failure(answer);
  }

  /** The text of tokens. @throws GenerationError INVALID_REQUEST for an id outside the vocabulary, or an error of any call */
  async detokenize(tokenIds: readonly number[], signal: AbortSignal): Promise<string> {
    const answer = await this.#call({ type: "detokenize", tokenIds }, signal);
    if (answer.type === "text") return answer.text;
    throw this.#failure(answer);
  }

  /**
   * Finds the token of each bias, in the same order. The worker is asked only if a bias names a text.
   * @throws GenerationError INVALID_REQUEST for a text that is not one token or whose token has another bias, or an error of any call
   */
  async resolveBiases(biases: readonly RequestedBias[], signal: AbortSignal): Promise<readonly LogitBias[]> {
    if (biases.every((bias) => "tokenId" in bias)) return biases;
    const answer = await this.#call({ type: "resolve_biases", biases }, signal);
    if (answer.type === "biases") return answer.biases;
    throw this.#failure(answer);
  }

  /** Ends the worker: its calls fail, and its model is freed. The link waits for its last slice of work, because native code must not be torn down. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state.type === "open") this.#state = { type: "closing" };
    await this.#worker.close();
  }

  async #call(command: AnsweredCommand, signal: AbortSignal): Promise<PrepareAnswer> {
    signal.throwIfAborted();
    if (this.#state.type === "lost") throw this.#state.error;
    if (this.#state.type === "closing") throw closingError();
    if (this.#pending.size >= this.#queueCapacity) {
      throw tooManyError(this.#queueCapacity);
    }
    const id = this.#nextId++;
    const answer = new Deferred<PrepareAnswer>();
    this.#pending.set(id, answer);
    this.#worker.post({ ...command, id });
    using _ = onAbort(signal, (reason) => {
      this.#worker.post({ type: "cancel", id });
      answer.reject(reason);
    });
    return await answer.promise;
  }

  #receive(notice: PrepareNotice): void {
    if (!("id" in notice)) return;
    this.#pending.get(notice.id)?.resolve(notice);
    this.#pending.delete(notice.id);
  }

  #lose(cause: Error): void {
    this.#log.error({ err: cause }, "the prepare worker died");
    const error = new GenerationError("ENGINE_LOST", "the server has lost its tokeniser", { cause });
    this.#state = { type: "lost", error };
    for (const answer of this.#pending.values()) answer.reject(error);
    this.#pending.clear();
  }

  #failure(answer: PrepareAnswer): GenerationError {
    if (answer.type === "failed") this.#log.error({ err: new Error(answer.message) }, "preparing an input failed");
    return answerError(answer);
  }
}

function causeOf(end: WorkerEnd): Error {
  return end.type === "failed" ? end.error : new Error("the prepare worker ended unasked");
}

/** The error of an answer without the result that the caller asked for. */
function answerError(answer: PrepareAnswer): GenerationError {
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
    case "tool_tokens":
    case "too_long":
      return GenerationError.from(new Error(`the prepare worker answered with ${answer.type}`));
  }
}

/** The error of a call that another server may take, because this one is shutting down. */
function closingError(): GenerationError {
  return new GenerationError("DRAINING", "the server is shutting down", { retryAfterMs: 0 });
}

function tooManyError(calls: number): GenerationError {
  return new GenerationError(
    "TOO_MANY_CALLS",
    `the inputs of ${counted(calls, "call")} are being prepared, which is the limit`,
    {
      facts: { max_calls: String(calls) },
      retryAfterMs: RETRY_MS,
    },
  );
}

const INPUT_FIELDS = { prompt: "prompt", chat: "chat.messages", token_ids: "token_ids.ids" };

/** The error of an input that is too long, with the counts. The context holds one output token beside the largest input. */
function tooLongError(
  { inputTokens, exact }: Extract<PrepareAnswer, { readonly type: "too_long" }>,
  { input, maxInputTokens }: { input: GenerationInput; maxInputTokens: number },
): GenerationError {
  const contextTokens = maxInputTokens + 1;
  const count = `${exact ? "" : "at least "}${counted(inputTokens, "token")}`;
  const description = `the input has ${count} and the context holds ${contextTokens}, one of them for the output`;
  return new GenerationError("INPUT_TOO_LONG", description, {
    violations: [{ field: INPUT_FIELDS[input.type], description }],
    facts: {
      input_tokens: String(inputTokens),
      input_tokens_exact: String(exact),
      context_tokens: String(contextTokens),
    },
  });
}

function warnOfProblem({ family, problem, hasUnknownCalls }: TemplateFacts, log: Logger): void {
  if (hasUnknownCalls === true) {
    log.warn(
      { family },
      "the chat template writes tool calls in a form that is not known, so a block of text describes the tools instead",
    );
  }
  if (problem === undefined) return;
  log.warn({ problem, family }, "the chat template in the model's file cannot be used, so another one takes its place");
}
