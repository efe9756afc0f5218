import type { Dry, Sampling } from "../../src/core/generation-request.js";

/** What the model said, and what came before. */
export interface Situation {
  readonly logits: ReadonlyMap<number, number>;
  /** Input and output. */
  readonly tokens: readonly number[];
  /** How many of them are output. */
  readonly outputTokens: number;
}

/** The distribution of the next token by the contract's words, without any of the product's code. Sequence breakers are not looked at. */
export function expectedDistribution(sampling: Sampling, situation: Situation): ReadonlyMap<number, number> {
  const logits = new Map(situation.logits);
  const change = (tokenId: number, by: (logit: number) => number): void =>
    void logits.set(tokenId, by(logits.get(tokenId) ?? -Infinity));
  for (const { tokenId, bias } of sampling.logitBias)
    change(tokenId, (logit) => (bias === -100 ? -Infinity : logit + bias));
  const output = situation.tokens.slice(-situation.outputTokens).slice(-sampling.penaltyWindow);
  for (const tokenId of situation.outputTokens === 0 ? [] : new Set(output)) {
    const count = output.filter((other) => other === tokenId).length;
    change(tokenId, (logit) => logit - sampling.presencePenalty - count * sampling.frequencyPenalty);
  }
  for (const [tokenId, penalty] of sampling.dry === undefined ? [] : dryPenalties(situation.tokens, sampling.dry)) {
    change(tokenId, (logit) => logit - penalty);
  }
  for (const tokenId of new Set(situation.tokens.slice(-sampling.penaltyWindow))) {
    change(tokenId, (logit) => (logit > 0 ? logit / sampling.repeatPenalty : logit * sampling.repeatPenalty));
  }
  const best = [...logits].sort(([, one], [, other]) => other - one);
  const kept = sampling.topK === 0 ? best : best.slice(0, sampling.topK);
  return xtcMixture(kept, sampling);
}

/** Top choices are left out with the given probability: a mixture of two distributions. */
function xtcMixture(kept: readonly (readonly [number, number])[], sampling: Sampling): ReadonlyMap<number, number> {
  const { xtc, temperature } = sampling;
  const whole = softmax(kept, temperature);
  if (xtc === undefined) return whole;
  const likely = [...softmax(kept, 1).values()].filter((probability) => probability >= xtc.threshold).length;
  const without = softmax(kept.slice(Math.max(0, likely - 1)), temperature);
  const share = xtc.probability;
  return new Map(
    [...whole].map(([id, probability]) => [id, (1 - share) * probability + share * (without.get(id) ?? 0)]),
  );
}

function softmax(pairs: readonly (readonly [number, number])[], temperature: number): ReadonlyMap<number, number> {
  const highest = Math.max(...pairs.map(([, logit]) => logit));
  const weights = pairs.map(([tokenId, logit]) => [tokenId, Math.exp((logit - highest) / temperature)] as const);
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  return new Map(weights.map(([tokenId, weight]) => [tokenId, weight / sum]));
}

function dryPenalties(tokens: readonly number[], dry: Dry): ReadonlyMap<number, number> {
  const seen = tokens.slice(-dry.window);
  const longest = new Map<number, number>();
  for (const [next, tokenId] of seen.entries()) {
    let length = 0;
    while (length < next && seen[next - 1 - length] === seen[seen.length - 1 - length]) length++;
    if (length >= dry.allowedLength) longest.set(tokenId, Math.max(length, longest.get(tokenId) ?? 0));
  }
  return new Map(
    [...longest].map(([tokenId, length]) => [tokenId, dry.multiplier * dry.base ** (length - dry.allowedLength)]),
  );
}
