/** The part of a committed report that its age follows from. */
export interface DatedReport {
  /** A commit id, with the words "with changes" where the product was changed since that commit. */
  readonly commit: string;
}

/**
 * Tells why a report says nothing certain of the product as it stands.
 * @param report undefined where none is committed
 * @param changedSince the declarations of the covered files that have changed since a commit; undefined where the repository does not hold it
 * @returns undefined where nothing that the report covers has changed
 */
export function staleReason(
  report: DatedReport | undefined,
  changedSince: (commit: string) => readonly string[] | undefined,
): string | undefined {
  if (report === undefined) return "no report is committed";
  const [commit = "", ...changes] = report.commit.split(" ");
  if (changes.length > 0) return `it was measured on a changed tree of ${commit}`;
  const declarations = changedSince(commit);
  if (declarations === undefined) return `the repository does not hold its commit ${commit}`;
  if (declarations.length === 0) return undefined;
  const [first] = declarations;
  const others = declarations.length > 1 ? ` and ${declarations.length - 1} more have` : " has";
  return `${first}${others} changed since ${commit}`;
}
