import { parseArgs } from "node:util";

export interface BenchArguments {
  /** In the order of the table. */
  readonly cases: readonly string[];
  readonly rounds: number;
  readonly short: boolean;
  /** Folder that the reports are written to. */
  readonly out: string;
  /** Name of the report in the repository that keeps the figures; undefined: none does. */
  readonly record: string | undefined;
}

export const USAGE = "npm run bench [-- --cases NAME,NAME] [--rounds N] [--short] [--out FOLDER] [--record NAME]";

const DEFAULT_ROUNDS = 3;
const MOST_ROUNDS = 99;

/** What is wrong with the command line, in words for whoever wrote it. */
export class ArgumentError extends Error {}

/** @param known the cases that there are @throws ArgumentError */
export function parseBenchArguments(args: readonly string[], known: readonly string[]): BenchArguments {
  const flags = parseFlags(args);
  const wanted = flags.cases?.split(",").map((name) => name.trim()) ?? known;
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new ArgumentError(
      `--cases: no case ${unknown.map((name) => `"${name}"`).join(", ")}; there are ${known.join(", ")}`,
    );
  }
  const rounds = Number(flags.rounds ?? (flags.short ? 1 : DEFAULT_ROUNDS));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) {
    throw new ArgumentError(`--rounds: a whole number from 1 to ${MOST_ROUNDS}, not "${flags.rounds}"`);
  }
  if (flags.out === "") throw new ArgumentError("--out: the name of a folder");
  const { short, out, record } = flags;
  if (record !== undefined && !/^[a-z][a-z0-9-]*$/.test(record)) {
    throw new ArgumentError(`--record: a name of small letters, digits and hyphens, not "${record}"`);
  }
  if (record !== undefined && short) throw new ArgumentError("--record: not with --short, whose figures mean nothing");
  return { cases: known.filter((name) => wanted.includes(name)), rounds, short, out, record };
}

interface Flags {
  readonly cases?: string;
  readonly rounds?: string;
  readonly short: boolean;
  readonly out: string;
  readonly record?: string;
}

function parseFlags(args: readonly string[]): Flags {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        cases: { type: "string" },
        rounds: { type: "string" },
        short: { type: "boolean", default: false },
        out: { type: "string", default: "bench-report" },
        record: { type: "string" },
      },
    });
    return values;
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
}
