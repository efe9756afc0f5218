import { readFile } from "node:fs/promises";
import { environmentNameOf, flagOf, yamlKeyOf, type Setting } from "./setting.js";

/** The origin of a value. `label` names it as the user wrote it, such as "--slots" or "RILL_SLOTS". */
export interface Origin {
  readonly kind: "flag" | "environment" | "file" | "default";
  readonly label: string;
}

interface GivenValue {
  readonly text: string;
  readonly origin: Origin;
}

/** The values of one source, by the name of the setting. */
export type GivenValues = ReadonlyMap<string, GivenValue>;

export interface FileValues {
  readonly values: GivenValues;
  /** Entries that are no setting, or the reason why the file cannot be read. */
  readonly problems: readonly string[];
}

type AnySetting = Pick<Setting<unknown>, "name">;

/** @param flags the values of the command line, by the name of the setting */
export function valuesOfFlags(flags: ReadonlyMap<string, string>): GivenValues {
  return new Map([...flags].map(([name, text]) => [name, { text, origin: { kind: "flag", label: flagOf(name) } }]));
}

/** Reads the variables of the settings. An empty variable counts as unset, as in compose files and shells. */
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

/** Reads a flat YAML map. An entry or a file that cannot be read becomes a problem; nothing is thrown. */
export async function valuesOfFile(settings: readonly AnySetting[], path: string): Promise<FileValues> {
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
  // Not before: most commands read no file, and the package's 80 modules would lengthen each of their starts.
  const { LineCounter, parseDocument } = await import("yaml");
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
