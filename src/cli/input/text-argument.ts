import { readText, readTextFile } from "./read-text.js";
import { UsageError } from "../command/usage-error.js";

const STANDARD_INPUT = "standard input";

/** Where a command's text may come from. */
export interface TextSources {
  /** The positional argument; "-" is standard input. */
  readonly argument: string | undefined;
  /** The path that --file gives; "-" is standard input. */
  readonly file: string | undefined;
  /** Undefined: no other text is meant, so standard input is read only if it was asked for. */
  readonly fallback: NodeJS.ReadStream | undefined;
  readonly stdin: NodeJS.ReadStream;
}

/**
 * The text that a command is about: its argument, a file, or standard input where neither is given and nobody sits at it. Undefined where there is
 * none.
 *
 * @throws UsageError
 */
export async function readTextArgument(sources: TextSources): Promise<string | undefined> {
  const { argument, file, fallback, stdin } = sources;
  if (argument !== undefined && file !== undefined) {
    throw new UsageError(["a text and --file were given: only one can be taken"]);
  }
  if (argument === "-" || file === "-") return await readText(stdin, STANDARD_INPUT);
  if (argument !== undefined) return argument;
  if (file !== undefined) return await readTextFile(file);
  if (fallback === undefined || fallback.isTTY) return undefined;
  const text = await readText(fallback, STANDARD_INPUT);
  return text === "" ? undefined : text;
}
