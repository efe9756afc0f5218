import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The lists of schemas: tools of public MCP servers, models of pydantic, and schemas of zod 3 and zod 4. */
export const LISTS = ["mcp", "pydantic", "zod-3", "zod-4"] as const;
export type List = (typeof LISTS)[number];

export interface CorpusSchema {
  readonly list: List;
  /** Unique in its list. A tool has the name of its server before its own: `mcp-server-git/git_log`. */
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** The committed capture: a file for each list, with one schema in a line. */
const FOLDER = join("test", "proof", "schemas", "corpus");

export function readCorpus(): readonly CorpusSchema[] {
  return LISTS.flatMap((list) => {
    const lines = readFileSync(fileOf(list), "utf8").trimEnd().split("\n");
    return lines.map((line) => ({ list, ...(JSON.parse(line) as Omit<CorpusSchema, "list">) }));
  });
}

/** Paths in descriptions, which look like those of a machine, begin with `/srv/` instead. */
export function writeCorpus(corpus: readonly CorpusSchema[]): void {
  for (const list of LISTS) {
    const lines = corpus.filter((one) => one.list === list).map(({ name, schema }) => JSON.stringify({ name, schema }));
    const text = lines.join("\n").replaceAll(/(?<!\w)\/(?:home|root|Users|work)\//g, "/srv/");
    writeFileSync(fileOf(list), `${text}\n`);
  }
}

/** The name by which a model calls a function with this schema: letters, digits, `_` and `-`. */
export function toolNameOf({ name }: CorpusSchema): string {
  return (name.split("/").at(-1) ?? name).replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

/** Whether all values of the schema are objects, as far as its outermost keywords tell, so that it may describe a function's parameters. */
export function describesObject({ schema }: CorpusSchema): boolean {
  return schema.type === "object";
}

function fileOf(list: List): string {
  return join(FOLDER, `${list}.jsonl`);
}
