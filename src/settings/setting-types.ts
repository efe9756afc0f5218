import { formatAddress, parseAddress, parseOrigin } from "../machine/address.js";
import type { Setting } from "./setting.js";
import { formatDuration, formatSize, parseDurationMs, parseSizeBytes } from "./units.js";

interface SettingDescription<T> {
  readonly name: string;
  readonly about: string;
  readonly default: T;
}

interface Bounded<T> extends SettingDescription<T> {
  readonly min: number;
  readonly max: number;
}

/** A whole number. */
export function count(described: Bounded<number>): Setting<number> {
  return { ...described, ...countType(described) };
}

/** A whole number, or "auto" for a number that the server determines. */
export function countOrAuto(described: Bounded<number | "auto">): Setting<number | "auto"> {
  return countOrWord({ ...described, words: ["auto"] });
}

/** A whole number, or one of the words for a number that the server determines. */
export function countOrWord<Word extends string>({
  words,
  ...described
}: Bounded<number | Word> & { readonly words: readonly Word[] }): Setting<number | Word> {
  const type = countType(described);
  return {
    ...described,
    placeholder: [type.placeholder, ...words].join("|"),
    expected: `${words.join(", ")} or ${type.expected}`,
    parse: (text) => words.find((word) => word === text) ?? type.parse(text),
    format: String,
  };
}

/** A time in milliseconds, written with a unit. */
export function duration(described: Bounded<number>): Setting<number> {
  const { min, max } = described;
  return {
    ...described,
    placeholder: "duration",
    expected: `a duration from ${formatDuration(min)} to ${formatDuration(max)}, such as ${formatDuration(described.default)}`,
    parse: (text) => within(parseDurationMs(text), described),
    format: formatDuration,
  };
}

/** A time in milliseconds, or "auto" for a time that the server determines. */
export function durationOrAuto(described: Bounded<number | "auto">): Setting<number | "auto"> {
  const { min, max } = described;
  return {
    ...described,
    placeholder: "duration|auto",
    expected: `auto or a duration from ${formatDuration(min)} to ${formatDuration(max)}`,
    parse: (text) => (text === "auto" ? "auto" : within(parseDurationMs(text), described)),
    format: (value) => (value === "auto" ? "auto" : formatDuration(value)),
  };
}

/** A number of bytes, written with a unit. */
export function size(described: Bounded<number>): Setting<number> {
  const { min, max } = described;
  return {
    ...described,
    placeholder: "size",
    expected: `a size from ${formatSize(min)} to ${formatSize(max)}, such as ${formatSize(described.default)}`,
    parse: (text) => within(parseSizeBytes(text), described),
    format: formatSize,
  };
}

/** Any text that is not empty. */
export function text<T extends string>(
  described: SettingDescription<T> & { readonly placeholder: string },
): Setting<string> {
  return {
    ...described,
    expected: "a text that is not empty",
    parse: (value) => (value.trim() === "" ? undefined : value),
    format: String,
  };
}

/** A name without spaces that a header can carry, or "auto" for a random name. */
export function nameOrAuto(described: SettingDescription<string> & { readonly maxLength: number }): Setting<string> {
  const { maxLength } = described;
  const pattern = new RegExp(`^[\\x21-\\x7e]{1,${maxLength}}$`);
  return {
    ...described,
    placeholder: "name|auto",
    expected: `auto or 1 to ${maxLength} visible ASCII characters without spaces`,
    parse: (value) => (pattern.test(value) ? value : undefined),
    format: String,
  };
}

/** The address of a web server: scheme, host and port. */
export function origin(described: SettingDescription<string>): Setting<string> {
  return {
    ...described,
    placeholder: "url",
    expected: "an http or https address without a path",
    parse: parseOrigin,
    format: String,
  };
}

/** One of several words. */
export function choice<T extends string>(
  described: SettingDescription<T> & { readonly words: readonly T[] },
): Setting<T> {
  const { words } = described;
  return {
    ...described,
    placeholder: words.join("|"),
    expected: `one of ${words.join(", ")}`,
    parse: (value) => words.find((word) => word === value),
    format: String,
  };
}

/** Any number of items, separated by commas; "none" for no item. */
export function list(described: {
  readonly name: string;
  readonly about: string;
  /** The form of one item. */
  readonly placeholder: string;
  /** The name of the items, in the plural. */
  readonly expected: string;
  /** Returns undefined for a text that is no such item. */
  readonly parseItem: (text: string) => string | undefined;
}): Setting<readonly string[]> {
  const { placeholder, expected } = described;
  const items = listOf({ ...described, default: [], formatItem: String });
  return {
    ...items,
    placeholder: `${placeholder},…|none`,
    expected: `none or ${expected}, separated by commas`,
    parse: (text) => (text.trim() === "none" ? [] : items.parse(text)),
    format: (values) => (values.length === 0 ? "none" : items.format(values)),
  };
}

/** One item or several, separated by commas. */
export function listOf<T>(
  described: SettingDescription<readonly T[]> & {
    readonly placeholder: string;
    readonly expected: string;
    /** Returns undefined for a text that is no such item. */
    readonly parseItem: (text: string) => T | undefined;
    readonly formatItem: (item: T) => string;
  },
): Setting<readonly T[]> {
  const { name, about, placeholder, expected, parseItem, formatItem } = described;
  return {
    name,
    about,
    default: described.default,
    placeholder,
    expected,
    isList: true,
    parse: (text) => {
      const items = text.split(",").map((item) => parseItem(item.trim()));
      return items.every((item) => item !== undefined) ? items : undefined;
    },
    format: (items) => items.map(formatItem).join(","),
  };
}

/** Yes or no. */
export function toggle(described: SettingDescription<boolean>): Setting<boolean> {
  return {
    ...described,
    placeholder: "true|false",
    expected: "true or false",
    isToggle: true,
    parse: (value) => (value === "true" ? true : value === "false" ? false : undefined),
    format: String,
  };
}

/** The form of a host and a port, for the settings that take one. */
export const HOST_AND_PORT_EXPECTED =
  "host:port, such as 127.0.0.1:50051, [::1]:50051 or 0.0.0.0:0 (port 0: any free one)";

/** An address to listen on: host and port. Port 0 means any free port. */
function address(described: SettingDescription<string>): Setting<string> {
  return {
    ...described,
    placeholder: "host:port",
    expected: HOST_AND_PORT_EXPECTED,
    parse: (value) => {
      const parsed = parseAddress(value);
      return parsed === undefined ? undefined : formatAddress(parsed);
    },
    format: String,
  };
}

/** An address to listen on, or "off". */
export function addressOrOff(described: SettingDescription<string>): Setting<string> {
  const type = address(described);
  return {
    ...type,
    placeholder: `${type.placeholder}|off`,
    expected: `off or ${type.expected}`,
    parse: (value) => (value === "off" ? "off" : type.parse(value)),
  };
}

function countType({ min, max }: { readonly min: number; readonly max: number }) {
  return {
    placeholder: "count",
    expected: `a whole number from ${min} to ${max}`,
    parse: (value: string): number | undefined =>
      within(/^\d{1,15}$/.test(value) ? Number(value) : undefined, { min, max }),
    format: String,
  };
}

function within(
  value: number | undefined,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}
