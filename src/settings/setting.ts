/**
 * Describes one setting of the server: its name, and how its value is parsed, checked, explained and printed. The name has three spellings: flag,
 * environment variable and YAML key. The tables of settings are the only place that describes a setting.
 */
export interface Setting<T> {
  /** The name in kebab-case, as in the flag. The other spellings follow from it. */
  readonly name: string;
  /** The explanation in the help. */
  readonly about: string;
  readonly default: T;
  /** The placeholder of the value in the help. */
  readonly placeholder: string;
  /** Describes valid values and their bounds. It completes a sentence that ends in "must be". */
  readonly expected: string;
  /** Set if the flag without a value means "true". */
  readonly isToggle?: true;
  /** Set if the value is a list. Its flag may be given several times, and its value in a file may be a list. */
  readonly isList?: true;
  /** Takes secrets out of a text that is no value of this setting, before a message shows it. Default: such a text has none. */
  conceal?(text: string): string;
  /** Returns undefined for a text that is no value of this setting. */
  parse(text: string): T | undefined;
  /** Returns a text that `parse` reads back to the same value. */
  format(value: T): string;
}

/** The flag of a setting, such as `--max-output-tokens`. */
export function flagOf(name: string): string {
  return `--${name}`;
}

/** The environment variable of a setting, such as `RILL_MAX_OUTPUT_TOKENS`. */
export function environmentNameOf(name: string): string {
  return `RILL_${name.replaceAll("-", "_").toUpperCase()}`;
}

/** The YAML key of a setting, such as `maxOutputTokens`. */
export function yamlKeyOf(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
