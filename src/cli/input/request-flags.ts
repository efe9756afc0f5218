import { type Command, Option } from "commander";
import type { JsonObject, JsonValue } from "../../client/contract-json.js";
import type { RequestFlag } from "./request-flag.js";
import { flagOf, yamlKeyOf } from "../../settings/setting.js";
import { UsageError } from "../command/usage-error.js";

/** Adds the flags of a table to a command. Their texts are looked at by `readRequestFlags`, all at once. */
export function addRequestFlags(command: Command, flags: readonly RequestFlag[]): void {
  for (const { name, type, about, group } of flags) {
    const { placeholder } = type;
    const spelling = placeholder === undefined ? flagOf(name) : `${flagOf(name)} <${placeholder}>`;
    command.addOption(new Option(spelling, about).helpGroup(group).argParser(gather));
    if (type.negatable === true) command.addOption(new Option(flagOf(`no-${name}`), "the opposite").helpGroup(group));
  }
}

/** The request that the given flags ask for: each value at its field. @throws UsageError with every problem */
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

/** Puts a value where a path such as sampling.top_k leads; what is missing on the way is made. */
function setField(request: JsonObject, path: string, value: JsonValue): void {
  const steps = path.split(".");
  const last = steps.pop() ?? path;
  let message = request;
  for (const step of steps) message = message[step] = (message[step] ?? {}) as JsonObject;
  message[last] = value;
}

/** Of a flag that is given twice and does not repeat, the last one counts, as everywhere on a command line. */
function valueOf({ type }: RequestFlag, texts: readonly string[]): JsonValue {
  const values = texts.map((text) => type.parse(text) ?? null);
  if (type.repeats === "list") return values.flat<JsonValue[]>();
  if (type.repeats === "map") return Object.fromEntries(values.flatMap((value) => Object.entries(value as JsonObject)));
  return values.at(-1) ?? null;
}

function gather(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}
