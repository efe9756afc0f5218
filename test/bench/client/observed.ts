import type { Observation } from "./plan.js";

/** From the call's opening to the first text, in ms. */
export function firstTokenMs({ openedAtMs, arrivals }: Observation): number {
  return firstArrivalMs({ arrivals }) - openedAtMs;
}

/** When the first text came, in ms since the plan's start. @throws RangeError where none came */
export function firstArrivalMs({ arrivals }: Pick<Observation, "arrivals">): number {
  const [first] = arrivals;
  if (first === undefined) throw new RangeError("a call without text");
  return first.atMs;
}

/**
 * The longest time that one of the neighbours went without text while the joiner waited for its first, in ms.
 * @throws Error where a neighbour was through before: then it says nothing
 */
export function worstGapMs(neighbours: readonly Observation[], joiner: Observation): number {
  const joinedAtMs = firstArrivalMs(joiner);
  const worst = neighbours.map(({ arrivals }) => {
    if ((arrivals.at(-1)?.atMs ?? 0) <= joinedAtMs) throw new Error("a neighbour ended before the prompt was read in");
    const gaps = arrivals.slice(1).map(({ atMs }, index) => ({ fromMs: arrivals[index]?.atMs ?? 0, toMs: atMs }));
    const met = gaps.filter(({ fromMs, toMs }) => toMs > joiner.openedAtMs && fromMs <= joinedAtMs);
    return Math.max(...met.map(({ fromMs, toMs }) => toMs - fromMs));
  });
  return Math.max(...worst);
}

/** Between two arrivals of text, in ms. */
export function gapsMs({ arrivals }: Observation): number[] {
  return arrivals.slice(1).map(({ atMs }, index) => atMs - (arrivals[index]?.atMs ?? 0));
}

/** Mean time of an output token after the first, in ms. @throws RangeError where all text came at once */
export function timePerTokenMs({ arrivals }: Observation): number {
  const first = arrivals[0];
  const last = arrivals.at(-1);
  if (first === undefined || last === undefined || first === last) throw new RangeError("all text came at once");
  const tokens = arrivals.slice(1).reduce((sum, arrival) => sum + arrival.tokens, 0);
  return (last.atMs - first.atMs) / tokens;
}

/** Output tokens of all calls a second, from the first call's opening to the last one's end. */
export function tokensPerSecond(observations: readonly Observation[]): number {
  const tokens = observations.flatMap(({ arrivals }) => arrivals).reduce((sum, arrival) => sum + arrival.tokens, 0);
  return (tokens * 1_000) / wholeMs(observations);
}

/** From the first call's opening to the last one's end. */
export function wholeMs(observations: readonly Observation[]): number {
  const openedAtMs = Math.min(...observations.map((observation) => observation.openedAtMs));
  return Math.max(...observations.map(({ endedAtMs }) => endedAtMs)) - openedAtMs;
}
