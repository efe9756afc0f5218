import type { Claim } from "./attack.js";

/** Each case's answer beside what it should be. @param cases the wrong ones are named */
export function claimAll(
  what: string,
  cases: readonly { readonly name: string; readonly got: string; readonly wanted: string }[],
): Claim {
  const wrong = cases.filter(({ got, wanted }) => got !== wanted);
  const named = wrong.slice(0, 12).map(({ name, got, wanted }) => `${name}: ${got} instead of ${wanted}`);
  return {
    what,
    figure: [`${cases.length - wrong.length} of ${cases.length}`, ...named].join("; "),
    bound: "all",
    holds: wrong.length === 0,
  };
}

/** @param count of so many things that were to be right */
export function claimCount(what: string, count: { readonly right: number; readonly of: number }): Claim {
  return { what, figure: `${count.right} of ${count.of}`, bound: "all", holds: count.right === count.of };
}
