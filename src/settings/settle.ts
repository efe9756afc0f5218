import type { Setting } from "./setting.js";
import type { GivenValues, Origin } from "./setting-sources.js";

export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table, under its keys. */
export type ValuesOf<Table extends SettingTable> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer T> ? T : never;
};

/** One setting's outcome, for those who ask where a value comes from. */
export interface SettledSetting {
  readonly name: string;
  /** As the setting itself writes the value. */
  readonly text: string;
  readonly origin: Origin;
}

export interface Settlement<Table extends SettingTable> {
  /** A setting with a problem has its default here. */
  readonly values: ValuesOf<Table>;
  readonly settled: readonly SettledSetting[];
  readonly problems: readonly string[];
}

const BY_DEFAULT: Origin = { kind: "default", label: "default" };

/** Gives each setting of the table its value: the first one that `sources` gives, in their order, or its default. */
export function settle<Table extends SettingTable>(table: Table, sources: readonly GivenValues[]): Settlement<Table> {
  const outcomes = Object.entries(table).map(([key, setting]) => ({ key, ...settleOne(setting, sources) }));
  return {
    values: Object.fromEntries(outcomes.map(({ key, value }) => [key, value])) as ValuesOf<Table>,
    settled: outcomes.map(({ settled }) => settled),
    problems: outcomes.flatMap(({ problem }) => problem ?? []),
  };
}

interface Outcome {
  readonly value: unknown;
  readonly settled: SettledSetting;
  readonly problem?: string;
}

function settleOne(setting: Setting<unknown>, sources: readonly GivenValues[]): Outcome {
  const { name } = setting;
  const given = sources.map((source) => source.get(name)).find((value) => value !== undefined);
  const value = given === undefined ? setting.default : setting.parse(given.text);
  if (given === undefined || value !== undefined) {
    return { value, settled: { name, text: setting.format(value), origin: given?.origin ?? BY_DEFAULT } };
  }
  return {
    value: setting.default,
    settled: { name, text: given.text, origin: given.origin },
    problem: `${given.origin.label}: ${JSON.stringify(given.text)} must be ${setting.expected}`,
  };
}
