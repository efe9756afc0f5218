import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { CorpusSchema, List } from "./corpus.js";
import { npmFolder, pipFolder } from "./tool-packages.js";

const HERE = join("test", "proof", "schemas");
const LONGEST_ANSWER_BYTES = 64 * 1024 * 1024;

/** A library in which people write schemas, at a pinned version, and the program of this folder that asks it. */
export interface Library {
  readonly list: Exclude<List, "mcp">;
  /** Package and version, for the report. */
  readonly version: string;
  /** Schemas of which the library checks more than the JSON Schema says that it writes: times without an
   * offset, digits of decimals, JSON inside a text, addresses of HTTP, blanks that are trimmed first. */
  readonly stricter: readonly string[];
  readonly run: (command: "list" | "check", input: string) => string;
}

export const LIBRARIES: readonly Library[] = [
  {
    list: "pydantic",
    version: "pydantic 2.14.3",
    stricter: ["StrictTimes", "JsonText", "Decimals", "Addresses", "CamelCase", "Meeting"],
    run: runPydantic,
  },
  {
    list: "zod-3",
    version: "zod 3.25.76",
    stricter: ["datetimePrecise", "time", "base64", "jwt", "trimmed"],
    run: zodRunner(["zod@3.25.76", "zod-to-json-schema@3.25.2"], 3),
  },
  { list: "zod-4", version: "zod 4.6.7", stricter: ["piped", "trimmed"], run: zodRunner(["zod@4.6.7"], 4) },
];

export function listSchemas({ list, run }: Library): readonly CorpusSchema[] {
  return linesOf(run("list", "")).map((line) => ({ list, ...(JSON.parse(line) as Omit<CorpusSchema, "list">) }));
}

export interface NamedOutput {
  readonly name: string;
  readonly output: string;
}

/** Whether the library can be asked: zod counts UTF-16 units of a text, where JSON Schema counts characters. */
export function isComparable({ stricter }: Library, { name, output }: NamedOutput): boolean {
  return !stricter.includes(name) && !/\p{Surrogate}|[^\p{Surrogate}\0-\uffff]/u.test(output);
}

/** The library's error on each output, in their order. null means that it accepts the output. */
export function checkOutputs({ run }: Library, outputs: readonly NamedOutput[]): readonly (string | null)[] {
  if (outputs.length === 0) return [];
  const answer = run("check", outputs.map((one) => `${JSON.stringify(one)}\n`).join(""));
  return linesOf(answer).map((line) => JSON.parse(line) as string | null);
}

function runPydantic(command: string, input: string): string {
  const folder = pipFolder(["pydantic==2.14.3", "email-validator==2.4.0"]);
  const environment = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1", PYTHONIOENCODING: "utf8" };
  return ask("python3", ["-W", "ignore", join(HERE, "pydantic_models.py"), command], { input, env: environment });
}

function zodRunner(packages: readonly string[], major: number): Library["run"] {
  return (command, input) =>
    ask(process.execPath, [join(HERE, "zod-schemas.js"), command, npmFolder(packages), String(major)], { input });
}

function ask(
  program: string,
  args: readonly string[],
  options: { readonly input: string; readonly env?: NodeJS.ProcessEnv },
): string {
  return execFileSync(program, args, { encoding: "utf8", maxBuffer: LONGEST_ANSWER_BYTES, ...options });
}

function linesOf(text: string): readonly string[] {
  return text.trimEnd().split("\n");
}
