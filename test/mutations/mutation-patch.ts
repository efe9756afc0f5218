import path from "node:path";

/** A defect put into the product on purpose, and the test that must see it. */
export interface MutationPatch {
  /** The patch's file name without its ending. */
  readonly name: string;
  readonly file: string;
  /** The test file as it is compiled: `dist/test/engine/output/stop-filter.test.js`. */
  readonly spec: string;
  /** Narrows the run to the titles that hold this text; undefined runs the whole file. */
  readonly grep: string | undefined;
  /** What it changes, from the repository's root. */
  readonly changed: readonly string[];
}

/**
 * Reads the lines before the diff: `# test: test/engine/output/stop-filter.test.ts`, and if wanted `# grep: part of a title`.
 * @throws Error when no test file is named, or something other than TypeScript is changed.
 */
export function parseMutationPatch(file: string, text: string): MutationPatch {
  const [header = ""] = text.split(/^(?:diff |--- )/m);
  const test = /^# test: (?<value>test\/\S+\.test)\.ts$/m.exec(header)?.groups?.value;
  if (test === undefined) throw new Error(`${file}: a line "# test: test/….test.ts" is missing before the diff`);
  const grep = /^# grep: (?<value>.+)$/m.exec(header)?.groups?.value?.trim();
  const changed = [...text.matchAll(/^\+\+\+ b\/(?<value>\S+)$/gm)].map(({ groups }) => groups?.value ?? "");
  if (changed.length === 0 || changed.some((name) => !/\.c?ts$/.test(name))) {
    throw new Error(`${file}: it must change TypeScript, and nothing else`);
  }
  return { name: path.basename(file, ".patch"), file, spec: `dist/${test}.js`, grep, changed };
}
