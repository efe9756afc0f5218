import { isJsonObject, tryParseJson } from "../../core/json.js";
import type { JsonObject } from "../../client/contract-json.js";

/**
 * Parses tools from the JSON of a file: an array of {name, description, parameters}, each possibly within {function: …} as for other servers. The
 * schema may be an object or its text. Returns undefined for anything else.
 */
export function readTools(text: string): JsonObject[] | undefined {
  const entries = tryParseJson(text);
  if (!Array.isArray(entries)) return undefined;
  const tools: JsonObject[] = [];
  for (const entry of entries as readonly unknown[]) {
    const tool = toTool(entry);
    if (tool === undefined) return undefined;
    tools.push(tool);
  }
  return tools;
}

function toTool(entry: unknown): JsonObject | undefined {
  const { function: inner } = (isJsonObject(entry) ? entry : {}) as { function?: unknown };
  const tool = inner ?? entry;
  if (!isJsonObject(tool)) return undefined;
  const { name, description, parameters } = tool;
  if (typeof name !== "string") return undefined;
  return {
    name,
    ...(typeof description === "string" ? { description } : {}),
    ...(parameters === undefined
      ? {}
      : { parameters: typeof parameters === "string" ? parameters : JSON.stringify(parameters) }),
  };
}
