import path from "node:path";

/** A defect put into the product on purpose, and the test that must see it. */
export interface MutationPatch {
  /** The patch's file name without its ending. */
  readonly name: string;
  readonly file: string;
  /** The test file as it is compiled: `dist/test/engine/stop-filter.test.js`. */
  readonly spec: string;
  /** Narrows the run to the titles that hold this text; undefined runs the whole file. */
  readonly grep: string | undefined;
}

/**
 * Reads the lines before the diff: `# test: test/engine/stop-filter.test.ts`, and if wanted `# grep: part of a title`.
 * @throws Error when no test file is named.
 */
export function parseMutationPatch(file: string, text: string): MutationPatch {
  const [header = ""] = text.split(/^(?:diff |--- )/m);
  const test = /^# test: (?<value>test\/\S+\.test)\.ts$/m.exec(header)?.groups?.value;
  if (test === undefined) throw new Error(`${file}: a line "# test: test/….test.ts" is missing before the diff`);
  const grep = /^# grep: (?<value>.+)$/m.exec(header)?.groups?.value?.trim();
  return { name: path.basename(file, ".patch"), file, spec: `dist/${test}.js`, grep };
}
