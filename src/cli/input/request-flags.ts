import { type Command, Option } from "commander";
import type { JsonObject, JsonValue } from "../../client/contract-json.js";
import { flagOf, yamlKeyOf } from "../../settings/setting.js";
import { UsageError } from "../command/usage-error.js";

/** Adds the flags of a table to a command. `readRequestFlags` checks all of their texts at once. */
export function addRequestFlags(command: Command, flags: readonly RequestFlag[]): void {
  for (const { name, type, about, group } of flags) {
    const { placeholder } = type;
    const spelling = placeholder === undefined ? flagOf(name) : `${flagOf(name)} <${placeholder}>`;
    command.addOption(new Option(spelling, about).helpGroup(group).argParser(gather));
    if (type.negatable === true) command.addOption(new Option(flagOf(`no-${name}`), "the opposite").helpGroup(group));
  }
}

/**
 * Builds the request from the given flags, each value at its field.
 * @throws UsageError with every problem
 */
export function readRequestFlags(command: Command, flags: readonly RequestFlag[]): JsonObject {
  const options = command.opts<Readonly<Record<string, readonly string[] | boolean | undefined>>>();
  const request: JsonObject = {};
  const problems: string[] = [];
  for (const flag of flags) {
    const given = options[yamlKeyOf(flag.name)];
    if (given === undefined) continue;
    const texts = typeof given === "boolean" ? [given ? "" : "no"] : given;
    const wrong = texts.filter((text) => flag.type.parse(text) === undefined);
    problems.push(
      ...wrong.map((text) => `${flagOf(flag.name)}: ${JSON.stringify(text)} must be ${flag.type.expected}`),
    );
    if (wrong.length === 0) setField(request, flag.field, valueOf(flag, texts));
  }
  if (problems.length > 0) throw new UsageError(problems);
  return request;
}

/** Sets a value at a path such as sampling.top_k, and creates missing messages on the way. */
function setField(request: JsonObject, path: string, value: JsonValue): void {
  const steps = path.split(".");
  const last = steps.pop() ?? path;
  let message = request;
  for (const step of steps) message = message[step] = (message[step] ?? {}) as JsonObject;
  message[last] = value;
}

/** The value of a flag. If a flag that does not repeat is given twice, the last one counts, as on every command line. */
function valueOf({ type }: RequestFlag, texts: readonly string[]): JsonValue {
  const values = texts.map((text) => type.parse(text) ?? null);
  if (type.repeats === "list") return values.flat<JsonValue[]>();
  if (type.repeats === "map") return Object.fromEntries(values.flatMap((value) => Object.entries(value as JsonObject)));
  return values.at(-1) ?? null;
}

function gather(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

/** The conversion of a flag's text to the JSON value of its field. */
export interface FlagType {
  /** The placeholder of the value in the help, or undefined if the flag takes no value. */
  readonly placeholder: string | undefined;
  /** Describes valid values. It completes a sentence that ends in "must be". */
  readonly expected: string;
  /** Set if the flag may be repeated: lists are joined, and maps are merged. */
  readonly repeats?: "list" | "map";
  /** Set if the flag takes no value and has a twin, --no-…, whose text is "no". */
  readonly negatable?: boolean;
  /** Returns undefined for a text that is no value of this type. The server checks bounds, except for values that cannot be sent. */
  readonly parse: (text: string) => JsonValue | undefined;
}

/** A field of a request and its flag. The tables of these are the only place that describes a flag. */
export interface RequestFlag {
  /** The name in kebab-case, without dashes. */
  readonly name: string;
  readonly type: FlagType;
  /** The path of the field, by the names of the proto, such as sampling.top_k. */
  readonly field: string;
  readonly about: string;
  /** The heading in the help. */
  readonly group: string;
}
