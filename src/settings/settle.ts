import type { Setting } from "./setting.js";
import type { GivenValues, Origin } from "./setting-sources.js";

export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

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

export interface Settlement<Table extends SettingTable> {
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
  return {
    value: setting.default,
    settled: { name, text: given.text, origin: given.origin },
    problem: `${given.origin.label}: ${JSON.stringify(given.text)} must be ${setting.expected}`,
  };
}
