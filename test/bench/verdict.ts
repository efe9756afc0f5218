import type { BenchRow } from "./bench-case.js";

export type Verdict = "met" | "not met" | "no aim";

/** An aim is about the ratio where there is one, else about Rill's figure. */
export function judge({ aim, ratio, rill }: Pick<BenchRow, "aim" | "ratio" | "rill">): Verdict {
  if (aim === undefined) return "no aim";
  const figure = ratio ?? rill;
  return figure >= (aim.atLeast ?? -Infinity) && figure <= (aim.atMost ?? Infinity) ? "met" : "not met";
}
