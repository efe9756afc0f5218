import { isJsonObject, type JsonObject } from "../../core/json-object.js";
import { tryParseJson } from "../../core/try-parse-json.js";
import type { Violations } from "./violations.js";

/** A text that must be a JSON object. undefined: it is not, which is a violation. */
export function parseJsonObject(field: string, text: string, violations: Violations): JsonObject | undefined {
  const value = tryParseJson(text);
  if (value === undefined) violations.add(field, "is not JSON");
  else if (!isJsonObject(value)) violations.add(field, "is JSON, but not an object");
  return isJsonObject(value) ? value : undefined;
}
