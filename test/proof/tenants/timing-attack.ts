import type { Random } from "../../support/random.js";

/** A request whose kept results might be found by another tenant. */
export type Guess = Readonly<Record<string, unknown>>;

/** The answer to one call, as its caller sees it. */
export interface TimedAnswer {
  readonly firstTokenMs: number;
  readonly reusedInputTokens: number;
}

/** The two parties of the attack, and the requests. */
export interface Attack {
  /** Sends a request as the victim, and resolves once the attacker's try may come. The returned function waits for the request's end. */
  readonly victimSends: (request: Guess) => Promise<() => Promise<unknown>>;
  readonly attackerTries: (request: Guess) => Promise<TimedAnswer>;
  /** Creates a request that nobody has sent before, as long as any other. */
  readonly newGuess: () => Guess;
  /** The tries in which the victim had sent the guess, and as many in which it had sent another request. */
  readonly tries: number;
  readonly random: Random;
}

/** The outcome of an attack. */
export interface AttackOutcome {
  /** The probability that a try at a request which the victim had sent was faster than a try at another. 0.5 is blind guessing. */
  readonly auc: number;
  readonly sentMs: readonly number[];
  readonly unsentMs: readonly number[];
  /** The most input tokens that a try reused. */
  readonly mostReused: number;
}

/**
 * Guesses prompts of a victim: before each try, the victim sends either the very request of the try or another one of the same length, in random order.
 * Whoever can tell the two apart by the time to the first token reads the victim's prompts.
 */
export async function runAttack({
  victimSends,
  attackerTries,
  newGuess,
  tries,
  random,
}: Attack): Promise<AttackOutcome> {
  const times = { sent: [] as number[], unsent: [] as number[] };
  let mostReused = 0;
  while (times.sent.length < tries || times.unsent.length < tries) {
    const isSent = times.unsent.length === tries || (times.sent.length < tries && random.next() < 0.5);
    const guess = newGuess();
    const ended = await victimSends(isSent ? guess : newGuess());
    const { firstTokenMs, reusedInputTokens } = await attackerTries(guess);
    mostReused = Math.max(mostReused, reusedInputTokens);
    (isSent ? times.sent : times.unsent).push(firstTokenMs);
    await ended();
  }
  return { auc: aucOf(times.sent, times.unsent), sentMs: times.sent, unsentMs: times.unsent, mostReused };
}

/** The area under the curve that tells the lower times from the higher ones: the share of pairs in the right order, and half of the ties. */
function aucOf(lower: readonly number[], higher: readonly number[]): number {
  const all = [...lower.map((ms) => ({ ms, isLower: true })), ...higher.map((ms) => ({ ms, isLower: false }))];
  all.sort((a, b) => a.ms - b.ms);
  let ranks = 0;
  for (let start = 0; start < all.length;) {
    let end = start;
    while (end < all.length && all[end]?.ms === all[start]?.ms) end++;
    const rank = (start + 1 + end) / 2;
    for (const { isLower } of all.slice(start, end)) if (!isLower) ranks += rank;
    start = end;
  }
  const count = higher.length;
  return (ranks - (count * (count + 1)) / 2) / (count * lower.length);
}
