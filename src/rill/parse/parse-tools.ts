import type { Tool as ToolMessage } from "../../../generated/rill/v1/tool.js";
import type { Limits } from "../../core/limits.js";
import type { Tool } from "../../core/tool.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import { parseJsonObject } from "./json-field.js";
import type { Violations } from "../../core/violations.js";

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const MAX_NAME_TEXT_BYTES = 64;
const NO_PARAMETERS = '{"type":"object","properties":{}}';

/** What may be called; nothing where there are too many. */
export function parseTools(
  { field, tools }: { field: string; tools: readonly ToolMessage[] },
  limits: Limits,
  violations: Violations,
): readonly Tool[] {
  if (tools.length > limits.tools) {
    violations.add(field, `has ${tools.length} tools; at most ${limits.tools}`);
    return [];
  }
  const names = new Set<string>();
  return Object.freeze(
    tools.map((tool, index) => {
      const path = `${field}[${index}]`;
      const { name, description = "", parameters = NO_PARAMETERS } = tool;
      checkName(`${path}.name`, { name, names }, violations);
      checkParameters(`${path}.parameters`, { parameters, limits }, violations);
      return Object.freeze({ name: name ?? "", description, parameters });
    }),
  );
}

function checkName(
  field: string,
  { name, names }: { name: string | undefined; names: Set<string> },
  violations: Violations,
): void {
  if (name === undefined) {
    violations.add(field, "is missing");
    return;
  }
  const shown = JSON.stringify(wellFormedText(name, MAX_NAME_TEXT_BYTES));
  if (!NAME.test(name)) violations.add(field, `is ${shown}; it must be 1 to 64 letters, digits, _, - and .`);
  else if (names.has(name)) violations.add(field, `is ${shown}, the name of another tool`);
  names.add(name);
}

function checkParameters(
  field: string,
  { parameters, limits }: { parameters: string; limits: Limits },
  violations: Violations,
): void {
  const bytes = Buffer.byteLength(parameters);
  if (bytes > limits.schemaBytes) {
    violations.add(field, `has ${bytes} bytes; at most ${limits.schemaBytes}`);
    return;
  }
  const type = parseJsonObject(field, parameters, violations)?.type;
  if (type !== undefined && type !== "object") violations.add(field, 'is not the schema of an object: "type" differs');
}
