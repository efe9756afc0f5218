/**
 * One setting of the server: known by one name in three spellings, with everything that reads, checks, explains or prints its value. The tables of
 * settings are the only place where a setting is described.
 */
export interface Setting<T> {
  /** In kebab-case, as in the flag; the other spellings follow from it. */
  readonly name: string;
  readonly about: string;
  readonly default: T;
  /** What stands for the value in the help. */
  readonly placeholder: string;
  /** What a value has to be, bounds included, to follow "must be". */
  readonly expected: string;
  /** The flag alone, without a value, means "true". */
  readonly isToggle?: true;
  /** Undefined: not a value of this setting. */
  parse(text: string): T | undefined;
  /** A text that `parse` reads back to the same value. */
  format(value: T): string;
}

/** `--max-output-tokens` */
export function flagOf(name: string): string {
  return `--${name}`;
}

/** `RILL_MAX_OUTPUT_TOKENS` */
export function environmentNameOf(name: string): string {
  return `RILL_${name.replaceAll("-", "_").toUpperCase()}`;
}

/** `maxOutputTokens` */
export function yamlKeyOf(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
