import type { ConformanceCase } from "./conformance-report.js";

/** A case that does not pass, and why that is so. */
export interface Deviation {
  readonly id: string;
  /** In h2spec's words, so that a case that moved to another number is noticed. */
  readonly title: string;
  /** The major versions of Node on which the case fails. Default: all. */
  readonly nodes?: readonly number[];
  /** True: the case may pass as well, since what it meets depends on which of two frames comes first. */
  readonly races?: boolean;
  /** One full sentence: who is responsible, and why it does no harm or what could be done. */
  readonly because: string;
}

export interface Baseline {
  /** How many cases h2spec has. */
  readonly cases: number;
  readonly deviations: readonly Deviation[];
}

/** The deviations that are foretold for a version of Node, by the ids of their cases. */
export function deviationsOn(nodeMajor: number, { deviations }: Baseline): ReadonlyMap<string, Deviation> {
  const applying = deviations.filter(({ nodes }) => nodes?.includes(nodeMajor) ?? true);
  return new Map(applying.map((deviation) => [deviation.id, deviation]));
}

/** What is not as the baseline says about one case; undefined where all is. A skipped case counts as failed, since nothing was seen of it. */
export function complaintOf(tried: ConformanceCase, deviation: Deviation | undefined): string | undefined {
  const { id, title, outcome, said } = tried;
  if (deviation === undefined) {
    return outcome === "passed"
      ? undefined
      : `${id} "${title}" must pass and ${outcome}${said === "" ? "" : `:\n${said}`}`;
  }
  if (deviation.title !== title) return `${id} is "${title}" and not "${deviation.title}": correct the baseline`;
  if (outcome === "passed" && deviation.races !== true)
    return `${id} "${title}" passes now: take it out of the baseline`;
  return outcome === "skipped" ? `${id} "${title}" was skipped and must be tried` : undefined;
}

/** What is not as the baseline says about the whole list of cases. */
export function listComplaints(tried: readonly ConformanceCase[], baseline: Baseline, nodeMajor: number): string[] {
  const ids = new Set(tried.map(({ id }) => id));
  const missing = [...deviationsOn(nodeMajor, baseline).keys()].filter((id) => !ids.has(id));
  const complaints = missing.map((id) => `${id} of the baseline is not among the cases of h2spec`);
  if (tried.length === baseline.cases) return complaints;
  return [...complaints, `h2spec has ${tried.length} cases, and the baseline says ${baseline.cases}`];
}
