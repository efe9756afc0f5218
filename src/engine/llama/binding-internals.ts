import {
  getModuleVersion,
  type LlamaContext,
  type LlamaGrammarEvaluationState,
  type LlamaContextSequence,
  type LlamaModel,
  type SequenceEvaluateOptions,
} from "node-llama-cpp";

/** The release whose internals this file knows. */
const KNOWN_VERSION = "3.22.1";

declare const config: unique symbol;

/** The configuration of a native sampler, which only `configOf` makes. */
interface SamplerConfig {
  readonly [config]: never;
}

/** A sampler of the binding's native part, with a candidate array as long as the vocabulary. */
export interface NativeSampler {
  /** Remakes the samplers whose configuration changed. Those without a configuration are off. */
  applyConfig(config: SamplerConfig | { readonly seed: number }): void;
  dispose(): void;
}

/** The tokens of one sequence in a batch. */
export interface BatchItem {
  readonly sequence: LlamaContextSequence;
  /** At least one token, for which there is room. */
  readonly tokenIds: Uint32Array;
  /** The number of tokens at the end for which logits are wanted. */
  readonly logits: number;
}

/** A token and its logit, a token and its logit, and so on. */
export type TokenLogits = readonly number[];

export interface Batch {
  /** The indexes of each item's logits, which hold until the next batch. */
  readonly logitIndexes: ReadonlyMap<BatchItem, Uint32Array>;
  /** Settles when all is evaluated and entered into the sequences. */
  readonly done: Promise<void>;
}

/** The logits to tell. */
interface LogitFilter {
  readonly tokenId?: number;
  /** Whether to tell that of the token sampled. */
  readonly sampled?: boolean;
  /** The number of highest logits to tell. It is slow unless the sampler has sorted its candidates. */
  readonly top?: number;
}

interface RawSample {
  /** -1 if no candidate was left. */
  readonly tokenId: number;
  /** The sum of exp(logit - highest logit) over all candidates that the sampler left; NaN if a logit is not a number. */
  readonly weight: number;
  /** The logits that the filter asked for. */
  readonly logits: TokenLogits;
}

/**
 * The parts of the binding that its typings leave out: whole batches, and native samplers. Without them each token goes through a generator, a queue
 * and a lock of the binding, and each generation makes its samplers anew. Only this file knows of them.
 */
export interface BindingInternals {
  createSampler(): NativeSampler;
  /** Configures a sampler by the binding's public options. */
  configOf(sequence: LlamaContextSequence, options: SequenceEvaluateOptions): SamplerConfig;
  /** Begins to evaluate all items in one batch. Nothing else may be done with the context meanwhile, sampling included. */
  decode(items: readonly BatchItem[]): Batch;
  /** Sets the threads of the batches that follow. Not to be called while a batch is being evaluated. */
  useThreads(threads: number): void;
  /** Removes the last tokens of a sequence. Not to be called while a batch is being evaluated. */
  cut(sequence: LlamaContextSequence, tokens: number): void;
  /**
   * Samples a token from the latest batch and has the sampler remember it. May be called as soon as the batch has begun, and then follows it without
   * a turn of the event loop in between. Rejects if the batch does.
   */
  sample(logitIndex: number, sampler: NativeSampler, filter?: LogitFilter): Promise<RawSample>;
  /** Whether the grammar allows the token next. Not to be called while a token is sampled under it. */
  allows(state: LlamaGrammarEvaluationState, tokenId: number): boolean;
}

/** Moves a grammar's state on by a token. @returns false if the grammar does not allow it; the state stays where it is then */
export type PushGrammarToken = (state: LlamaGrammarEvaluationState, tokenId: number) => boolean;

type NativeFilter = readonly [
  tokens: readonly number[],
  highest: boolean,
  lowest: boolean,
  sampled: boolean,
  top: number,
];

interface NativeContext {
  initBatch(tokens: number): void;
  addToBatch(sequenceId: number, position: number, tokenIds: Uint32Array, logitIndexes: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  setThreads(threads: number): void;
  removeTokenCellsFromSequence(sequenceId: number, start: number, end: number): boolean;
  sampleToken(
    logitIndex: number,
    sampler: NativeSampler,
    ...wanted: [probabilities: boolean, confidence: boolean, logits: NativeFilter | false, weight: boolean]
  ): Promise<[tokenId: number, probabilities: unknown, confidence: unknown, logits?: TokenLogits, weight?: number]>;
}

interface NativeSamplerClass {
  new (model: object): NativeSampler;
  canBeNextTokenForGrammarEvaluationState(state: object, tokenId: number): boolean;
  acceptGrammarEvaluationStateToken(state: object, tokenId: number): void;
}

interface PrivateContext {
  readonly _ctx: NativeContext;
  readonly model: {
    readonly _model: object;
    readonly _llama: { readonly _bindings: { readonly AddonSampler: NativeSamplerClass } };
  };
}

interface PrivateSequence {
  readonly _sequenceId: number;
  readonly _contextTokens: number[];
  _nextTokenIndex: number;
  _resolveSamplerConfig(options: SequenceEvaluateOptions): SamplerConfig;
}

export interface InternalsOptions {
  /** Whether sampling is handed to libuv's pool right behind its batch, which requires that the pool works in turn. If not, it waits for the batch. */
  readonly samplesAhead: boolean;
}

/** @returns undefined if the binding is another release than the known one, or if the model needs the binding's own queue */
export async function tryInternalsOf(
  publicContext: LlamaContext,
  sequence: LlamaContextSequence,
  { samplesAhead }: InternalsOptions,
): Promise<BindingInternals | undefined> {
  if ((await getModuleVersion()) !== KNOWN_VERSION || sequence.needsCheckpoints) return undefined;
  const { _ctx: native, model } = publicContext as unknown as PrivateContext;
  const { AddonSampler } = model._llama._bindings;
  let evaluated = Promise.resolve();
  return {
    createSampler: () => new AddonSampler(model._model),
    configOf: (sequence, options) => insidesOf(sequence)._resolveSamplerConfig(options),
    decode: (items) => {
      const logitIndexes = addAll(native, items);
      evaluated = evaluate(native, items);
      return { logitIndexes, done: evaluated };
    },
    useThreads: (threads) => native.setThreads(threads),
    cut: (sequence, tokens) => cut(native, insidesOf(sequence), tokens),
    sample: async (...wanted) => {
      if (!samplesAhead) await evaluated;
      try {
        return await sample(native, wanted);
      } finally {
        // The fault of a batch says more than that of sampling from it.
        await evaluated;
      }
    },
    allows: (state, tokenId) => AddonSampler.canBeNextTokenForGrammarEvaluationState(nativeStateOf(state), tokenId),
  };
}

/** @returns undefined if the binding is another release than the known one */
export async function tryPushGrammarToken(model: LlamaModel): Promise<PushGrammarToken | undefined> {
  if ((await getModuleVersion()) !== KNOWN_VERSION) return undefined;
  const { AddonSampler } = (model as unknown as PrivateContext["model"])._llama._bindings;
  return (state, tokenId) => {
    const native = nativeStateOf(state);
    if (!AddonSampler.canBeNextTokenForGrammarEvaluationState(native, tokenId)) return false;
    AddonSampler.acceptGrammarEvaluationStateToken(native, tokenId);
    return true;
  };
}

function nativeStateOf(state: LlamaGrammarEvaluationState): object {
  return (state as unknown as { readonly _state: object })._state;
}

function addAll(native: NativeContext, items: readonly BatchItem[]): ReadonlyMap<BatchItem, Uint32Array> {
  native.initBatch(items.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0));
  const logitIndexes = new Map<BatchItem, Uint32Array>();
  // Only sequences whose ids follow one another are evaluated together. Each gap costs one more pass.
  for (const item of items.toSorted((one, other) => idOf(one) - idOf(other))) {
    const { tokenIds, logits } = item;
    const wanted = Uint32Array.from({ length: logits }, (_, index) => tokenIds.length - logits + index);
    const position = insidesOf(item.sequence)._nextTokenIndex;
    logitIndexes.set(item, native.addToBatch(idOf(item), position, tokenIds, wanted));
  }
  return logitIndexes;
}

async function evaluate(native: NativeContext, items: readonly BatchItem[]): Promise<void> {
  await native.decodeBatch();
  for (const { sequence, tokenIds } of items) {
    const insides = insidesOf(sequence);
    for (const tokenId of tokenIds) insides._contextTokens.push(tokenId);
    insides._nextTokenIndex += tokenIds.length;
  }
}

async function sample(
  native: NativeContext,
  [logitIndex, sampler, filter]: Parameters<BindingInternals["sample"]>,
): Promise<RawSample> {
  const wanted = filter === undefined ? false : nativeFilter(filter);
  const [tokenId, , , logits = [], weight] = await native.sampleToken(logitIndex, sampler, false, false, wanted, true);
  return { tokenId, weight: weight ?? NaN, logits };
}

function cut(native: NativeContext, sequence: PrivateSequence, tokens: number): void {
  const { _sequenceId: id, _nextTokenIndex: end } = sequence;
  if (tokens === 0) return;
  if (!native.removeTokenCellsFromSequence(id, end - tokens, end))
    throw new Error("the model can't forget its last tokens");
  sequence._contextTokens.length -= tokens;
  sequence._nextTokenIndex -= tokens;
}

function idOf({ sequence }: BatchItem): number {
  return insidesOf(sequence)._sequenceId;
}

function nativeFilter({ tokenId, sampled = false, top = 0 }: LogitFilter): NativeFilter {
  return [tokenId === undefined ? [] : [tokenId], false, false, sampled, top];
}

function insidesOf(sequence: LlamaContextSequence): PrivateSequence {
  return sequence as unknown as PrivateSequence;
}
