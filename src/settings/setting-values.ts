import { readFile } from "node:fs/promises";
import { environmentNameOf, flagOf, type Setting, yamlKeyOf } from "./setting.js";

type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table, by its keys. */
export type ValuesOf<Table extends SettingTable> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer T> ? T : never;
};

/** The text and the origin of one setting's value. */
export interface SettledSetting {
  readonly name: string;
  /** The value as the setting formats it. */
  readonly text: string;
  readonly origin: Origin;
}

interface Settlement<Table extends SettingTable> {
  /** The values. A setting with a problem has its default. */
  readonly values: ValuesOf<Table>;
  readonly settled: readonly SettledSetting[];
  readonly problems: readonly string[];
}

const BY_DEFAULT: Origin = { kind: "default", label: "default" };

/** Gives each setting of the table the first value that `sources` have in their order, or else its default. */
export function settle<Table extends SettingTable>(table: Table, sources: readonly GivenValues[]): Settlement<Table> {
  const settlements = Object.entries(table).map(([key, setting]) => ({ key, ...settleOne(setting, sources) }));
  return {
    values: Object.fromEntries(settlements.map(({ key, value }) => [key, value])) as ValuesOf<Table>,
    settled: settlements.map(({ settled }) => settled),
    problems: settlements.flatMap(({ problem }) => problem ?? []),
  };
}

interface SettlementOfOne {
  readonly value: unknown;
  readonly settled: SettledSetting;
  readonly problem?: string;
}

function settleOne(setting: Setting<unknown>, sources: readonly GivenValues[]): SettlementOfOne {
  const { name } = setting;
  const given = sources.map((source) => source.get(name)).find((value) => value !== undefined);
  const value = given === undefined ? setting.default : setting.parse(given.text);
  if (given === undefined || value !== undefined) {
    return { value, settled: { name, text: setting.format(value), origin: given?.origin ?? BY_DEFAULT } };
  }
  const text = setting.conceal?.(given.text) ?? given.text;
  return {
    value: setting.default,
    settled: { name, text, origin: given.origin },
    problem: `${given.origin.label}: ${JSON.stringify(text)} must be ${setting.expected}`,
  };
}

/** The origin of a value. `label` names it as the user wrote it, such as "--slots" or "RILL_SLOTS". */
interface Origin {
  readonly kind: "flag" | "environment" | "file" | "default";
  readonly label: string;
}

interface GivenValue {
  readonly text: string;
  readonly origin: Origin;
}

/** The values of one source, by the name of the setting. */
export type GivenValues = ReadonlyMap<string, GivenValue>;

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

export interface FileValues {
  readonly values: GivenValues;
  /** Entries that are no setting, or the reason why the file cannot be read. */
  readonly problems: readonly string[];
}

type AnySetting = Pick<Setting<unknown>, "name" | "isList">;

/** Reads a flat YAML map. An entry or a file that cannot be read becomes a problem; nothing is thrown. */
export async function valuesOfFile(settings: readonly AnySetting[], path: string): Promise<FileValues> {
  const values = new Map<string, GivenValue>();
  const { entries, problems } = await readEntries(path);
  const settingOfKey = new Map(settings.map((setting) => [yamlKeyOf(setting.name), setting]));
  const found = [...problems];
  for (const [key, value] of entries) {
    const setting = settingOfKey.get(key);
    const text = setting?.isList === true ? (scalarText(value) ?? listText(value)) : scalarText(value);
    if (setting === undefined) found.push(`${path}: ${key}: there is no such setting`);
    else if (text !== undefined) values.set(setting.name, { text, origin: { kind: "file", label: `${path}: ${key}` } });
    else if (setting.isList === true) found.push(`${path}: ${key}: must be a text, or a list of texts without commas`);
    else found.push(`${path}: ${key}: must be a text, a number, true or false`);
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

function scalarText(value: unknown): string | undefined {
  const isScalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isScalar ? String(value) : undefined;
}

/** The items separated by commas, as on the command line. Returns undefined if that would change them. */
function listText(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const items = value.map(scalarText);
  return items.some((item) => item === undefined || item.includes(",")) ? undefined : items.join(",");
}
