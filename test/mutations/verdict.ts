import type { TestResult } from "../runner/test-results.js";
import type { MutationPatch } from "./mutation-patch.js";

/** How a run of one test file ended. */
export type TestOutcome =
  | { readonly kind: "ran"; readonly passes: number; readonly failedTitles: readonly string[] }
  /** Killed at the time limit. */
  | { readonly kind: "hung" }
  /** Ended without a report: no such test file, or one that cannot be loaded. */
  | { readonly kind: "broken"; readonly output: string };

/** Whether the tests noticed a defect, and one line that says how or why not. */
export interface Verdict {
  readonly seen: boolean;
  readonly reason: string;
}

/**
 * Judges a defect by its test's run without it and with it. A test that is red or empty without the defect proves nothing;
 * one that hangs with it has noticed it.
 */
export function judge(control: TestOutcome, mutated: TestOutcome): Verdict {
  const flaw = flawOf(control);
  if (flaw !== undefined) return { seen: false, reason: `without the defect, the test ${flaw}` };
  switch (mutated.kind) {
    case "hung":
      return { seen: true, reason: "the test hangs" };
    case "broken":
      return { seen: false, reason: `with the defect, the test cannot be loaded:\n${mutated.output}` };
    case "ran": {
      const [title] = mutated.failedTitles;
      return title === undefined ? { seen: false, reason: "the test stays green" } : { seen: true, reason: title };
    }
  }
}

/** How a patch's test ended in a run of many; undefined where none of its cases ran. */
export function outcomeIn(
  results: readonly TestResult[],
  { spec, grep = "" }: Pick<MutationPatch, "spec" | "grep">,
): TestOutcome | undefined {
  const own = results.filter((result) => result.spec === spec && result.title.includes(grep));
  if (own.length === 0) return undefined;
  const failed = own.filter(({ passed }) => !passed);
  return { kind: "ran", passes: own.length - failed.length, failedTitles: failed.map(({ title }) => title) };
}

/** What keeps a run from counting as green; undefined when it does. */
function flawOf(outcome: TestOutcome): string | undefined {
  switch (outcome.kind) {
    case "hung":
      return "hangs";
    case "broken":
      return `cannot be loaded:\n${outcome.output}`;
    case "ran":
      if (outcome.failedTitles.length > 0) return `fails: ${outcome.failedTitles.join(", ")}`;
      return outcome.passes === 0 ? "runs no case" : undefined;
  }
}
