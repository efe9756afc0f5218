import {
  getModuleVersion,
  type LlamaContext,
  type LlamaGrammarEvaluationState,
  type LlamaContextSequence,
  type SequenceEvaluateOptions,
} from "node-llama-cpp";

/** The release whose insides are known here. */
const KNOWN_VERSION = "3.22.1";

declare const config: unique symbol;

/** How a native sampler is to draw; made by `configOf` alone. */
interface SamplerConfig {
  readonly [config]: never;
}

/** llama.cpp's samplers, of the binding's native part, with a candidate array as long as the vocabulary. */
export interface NativeSampler {
  /** Makes anew what differs from before; what is left out is off. */
  applyConfig(config: SamplerConfig | { readonly seed: number }): void;
  dispose(): void;
}

/** What one sequence has evaluated in a batch. */
export interface BatchItem {
  readonly sequence: LlamaContextSequence;
  /** At least one, for which there is room. */
  readonly tokenIds: Uint32Array;
  /** For how many of the last of them logits are wanted. */
  readonly logits: number;
}

/** A token and its logit, a token and its logit, and so on. */
export type TokenLogits = readonly number[];

export interface Batch {
  /** Where each item's logits are to be found, until the next batch. */
  readonly logitIndexes: ReadonlyMap<BatchItem, Uint32Array>;
  /** All is evaluated and entered into the sequences. */
  readonly done: Promise<void>;
}

/** Which logits are told. */
interface LogitFilter {
  readonly tokenId?: number;
  /** That of the token drawn. */
  readonly sampled?: boolean;
  /** So many of the highest; slow unless the sampler has sorted its candidates. */
  readonly top?: number;
}

interface RawSample {
  /** -1: no candidate was left. */
  readonly tokenId: number;
  /** The sum of exp(logit - highest logit) over all candidates that the sampler left; not a number if a logit is none. */
  readonly weight: number;
  /** Those asked for. */
  readonly logits: TokenLogits;
}

/**
 * What we need of the binding and its typings leave out: whole batches, and native samplers. Without them each token goes through a generator, a
 * queue and a lock of the binding, and each generation makes samplers anew. Only this file knows of it.
 */
export interface BindingInternals {
  createSampler(): NativeSampler;
  /** The binding's own reading of its public options. */
  configOf(sequence: LlamaContextSequence, options: SequenceEvaluateOptions): SamplerConfig;
  /** Begins to evaluate all in one batch. Not while anything else is done with the context, draws included. */
  decode(items: readonly BatchItem[]): Batch;
  /** Has the batches that follow computed by so many threads. Not while a batch is being evaluated. */
  useThreads(threads: number): void;
  /** Takes the last tokens out of a sequence again. Not while a batch is being evaluated. */
  cut(sequence: LlamaContextSequence, tokens: number): void;
  /**
   * Draws a token from the latest batch and has the sampler remember it. May be asked for as soon as the batch has begun, and then follows it
   * without a turn of the event loop in between. Rejects as the batch does.
   */
  sample(logitIndex: number, sampler: NativeSampler, filter?: LogitFilter): Promise<RawSample>;
  /** Whether the grammar allows the token next. Not while a token is drawn under it. */
  allows(state: LlamaGrammarEvaluationState, tokenId: number): boolean;
}

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
  /** Whether a draw is handed to libuv's pool right behind its batch, which has to do what it is given in turn. Else it waits for the batch. */
  readonly samplesAhead: boolean;
}

/** @returns undefined where the binding is not the release that this was written for, or the model needs what only the binding's own queue does */
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
        // A batch that failed says more than a draw that had nothing to draw from.
        await evaluated;
      }
    },
    allows: (state, tokenId) => {
      const { _state } = state as unknown as { readonly _state: object };
      return AddonSampler.canBeNextTokenForGrammarEvaluationState(_state, tokenId);
    },
  };
}

function addAll(native: NativeContext, items: readonly BatchItem[]): ReadonlyMap<BatchItem, Uint32Array> {
  native.initBatch(items.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0));
  const logitIndexes = new Map<BatchItem, Uint32Array>();
  // Only sequences whose ids follow one another are evaluated together; others in as many passes as there are breaks.
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
