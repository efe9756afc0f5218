import { availableMemoryBytes } from "../../machine/memory.js";
import type { ThreadChange } from "./compute-threads.js";
import { explainMissingGpu, type Gpu } from "../../machine/gpu-packages.js";
import { getLlama, LlamaLogLevel, type Llama, type LlamaContext, type LlamaModel } from "node-llama-cpp";

export interface LlamaOptions {
  readonly modelPath: string;
  /** The number of runs that decode side by side. Each has key-value memory of its own. */
  readonly sequences: number;
  /** The tokens of one sequence, input and output together. */
  readonly contextTokens: number;
  /** The threads that compute. More than the cores that the process may use are much slower. */
  readonly threads: number;
  /** Called when the number of threads has changed, which follows what the machine gives. Default: it never changes. */
  readonly onThreads?: ((change: ThreadChange) => void) | undefined;
  /** The threads of libuv's pool in this process, if their number is known. */
  readonly poolThreads?: number | undefined;
  /** The most prompt tokens in one step. */
  readonly maxPrefillTokens: number;
  /** The room for all saved states together. 0: none is saved, and preempted runs are prefilled again. */
  readonly savedStateBytes: number;
  /** The folder of saved states. auto: in memory if there is room, else on the disk. */
  readonly stateDirectory: string;
  /** false: the processor alone. auto: a GPU that is there and has its binary installed, else the processor. */
  readonly gpu: false | "auto" | Gpu;
}

const MEBIBYTE = 1024 * 1024;
/** The most native errors told with a failure. */
const MAX_NATIVE_LINES = 5;

/** Loads the binding, the model and a context, without ever compiling, downloading or shrinking anything. @throws Error fit to be shown to the operator */
export async function loadLlama(options: LlamaOptions): Promise<LlamaContext> {
  const nativeErrors: string[] = [];
  const failed = (what: string, error: unknown, ...hints: readonly string[]): Error => {
    const reasons = [error instanceof Error ? error.message : String(error), ...nativeErrors, ...hints];
    return new Error(`${what}: ${reasons.join("; ")}`, { cause: error });
  };
  const llama = await loadBinding(options, nativeErrors).catch((error: unknown) => {
    const hints = isNamed(options.gpu) ? [explainMissingGpu(options.gpu)] : [];
    throw failed(`no llama.cpp binary runs here (gpu: ${String(options.gpu)})`, error, ...hints);
  });
  try {
    const model = await llama.loadModel({ modelPath: options.modelPath }).catch((error: unknown) => {
      throw failed(`the model ${options.modelPath} could not be loaded`, error);
    });
    return await createContext(model, options).catch((error: unknown) => {
      throw failed(contextProblem(model, options), error);
    });
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}

async function loadBinding(options: LlamaOptions, nativeErrors: string[]): Promise<Llama> {
  const { gpu } = options;
  const llama = await getLlama({
    gpu,
    build: "never",
    skipDownload: true,
    // 0 sets no limit, so that the context's threads hold.
    maxThreads: 0,
    logLevel: LlamaLogLevel.error,
    logger: (_level, message) => {
      nativeErrors.push(message.trim());
      if (nativeErrors.length > MAX_NATIVE_LINES) nativeErrors.shift();
    },
  });
  // The binding takes a GPU that the platform can't have for "auto".
  if (isNamed(gpu) && llama.gpu !== gpu) {
    const found = llama.gpu === false ? "the processor" : llama.gpu;
    await llama.dispose();
    throw new Error(`the binding offers ${found} instead`);
  }
  return llama;
}

function isNamed(gpu: LlamaOptions["gpu"]): gpu is Gpu {
  return gpu !== false && gpu !== "auto";
}

async function createContext(model: LlamaModel, options: LlamaOptions): Promise<LlamaContext> {
  const { sequences, contextTokens: contextSize } = options;
  const availableBytes = availableMemoryBytes();
  if (options.gpu === false && contextBytes(model, options) > availableBytes) {
    throw new Error(`only ${inMebibytes(availableBytes)} are available`);
  }
  return await model.createContext({
    sequences,
    contextSize,
    batchSize: batchTokens(options),
    threads: options.threads,
    flashAttention: true,
    batching: { itemPrioritizationStrategy: "firstInFirstOut" },
    failedCreationRemedy: false,
  });
}

/** The room of a batch: one token of each run, and all prefill of a step. */
function batchTokens(options: LlamaOptions): number {
  return options.sequences + options.maxPrefillTokens;
}

/** Estimates key-value memory and the memory of a batch by the file's facts alone. */
function contextBytes(model: LlamaModel, options: LlamaOptions): number {
  // Its successor simulates the allocation, and so dies of a context that is far too large instead of telling its size.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const { cpuRam, gpuVram } = model.fileInsights.estimateContextResourceRequirements({
    contextSize: options.contextTokens,
    sequences: options.sequences,
    batchSize: batchTokens(options),
    modelGpuLayers: model.gpuLayers,
    flashAttention: true,
  });
  return cpuRam + gpuVram;
}

function contextProblem(model: LlamaModel, options: LlamaOptions): string {
  const { sequences, contextTokens } = options;
  return (
    `a context of ${sequences} slots with ${contextTokens} tokens each needs about ` +
    `${inMebibytes(contextBytes(model, options))} and could not be allocated; ` +
    "lower the slots or the context tokens, or give the process more memory"
  );
}

function inMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MEBIBYTE)} MiB`;
}
