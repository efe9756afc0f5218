import { readFile } from "node:fs/promises";
import { LineCounter, parseDocument } from "yaml";
import { environmentNameOf, flagOf, yamlKeyOf, type Setting } from "./setting.js";

/** Where a value comes from; `label` names the place as its author wrote it, such as "--slots" or "RILL_SLOTS". */
export interface Origin {
  readonly kind: "flag" | "environment" | "file" | "default";
  readonly label: string;
}

interface GivenValue {
  readonly text: string;
  readonly origin: Origin;
}

/** What one source gives, by the setting's name. */
export type GivenValues = ReadonlyMap<string, GivenValue>;

export interface FileReading {
  readonly values: GivenValues;
  /** What in the file is not a setting, or why there is nothing to read. */
  readonly problems: readonly string[];
}

type AnySetting = Pick<Setting<unknown>, "name">;

/** `flags`: what the command line gave, by the setting's name. */
export function valuesOfFlags(flags: ReadonlyMap<string, string>): GivenValues {
  return new Map([...flags].map(([name, text]) => [name, { text, origin: { kind: "flag", label: flagOf(name) } }]));
}

/** An empty variable counts as not set: that is how compose files and shells say it. */
export function valuesOfEnvironment(
  settings: readonly AnySetting[],
  environment: Readonly<Record<string, string | undefined>>,
): GivenValues {
  const values = new Map<string, GivenValue>();
  for (const { name } of settings) {
    const label = environmentNameOf(name);
    const text = environment[label];
    if (text !== undefined && text !== "") values.set(name, { text, origin: { kind: "environment", label } });
  }
  return values;
}

/** One flat YAML map. All that can't be read is a problem of the source, never thrown. */
export async function valuesOfFile(settings: readonly AnySetting[], path: string): Promise<FileReading> {
  const values = new Map<string, GivenValue>();
  const { entries, problems } = await readEntries(path);
  const nameOfKey = new Map(settings.map(({ name }) => [yamlKeyOf(name), name]));
  const found = [...problems];
  for (const [key, value] of entries) {
    const name = nameOfKey.get(key);
    if (name === undefined) found.push(`${path}: ${key}: there is no such setting`);
    else if (!isScalar(value)) found.push(`${path}: ${key}: must be a text, a number, true or false`);
    else values.set(name, { text: String(value), origin: { kind: "file", label: `${path}: ${key}` } });
  }
  return { values, problems: found };
}

interface FileEntries {
  readonly entries: readonly (readonly [string, unknown])[];
  readonly problems: readonly string[];
}

async function readEntries(path: string): Promise<FileEntries> {
  let source: string;
  try {
    source = await readFile(path, "utf8");
  } catch (error) {
    return {
      entries: [],
      problems: [`--config ${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`],
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => `${path}:${lines.linePos(pos[0]).line}: ${message}`);
    return { entries: [], problems };
  }
  const content: unknown = document.toJS();
  if (content === null || content === undefined) return { entries: [], problems: [] };
  if (typeof content !== "object" || Array.isArray(content)) {
    return { entries: [], problems: [`${path}: must be a map of settings to values`] };
  }
  return { entries: Object.entries(content), problems: [] };
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
