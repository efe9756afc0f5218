import type { BenchRow } from "./bench-case.js";

export type Verdict = "met" | "not met" | "no aim";

/** What the aim is about, held against its bounds. */
export function judge({ aim, ratio, rill }: Pick<BenchRow, "aim" | "ratio" | "rill">): Verdict {
  if (aim === undefined) return "no aim";
  const figure = aim.about === "figure" ? rill : (ratio ?? rill);
  return figure >= (aim.atLeast ?? -Infinity) && figure <= (aim.atMost ?? Infinity) ? "met" : "not met";
}
