import { isJsonObject, type JsonObject } from "../../../core/json.js";
import type { LocatedSchema } from "./schema-source.js";

const COMBINING_KEYWORDS = ["$ref", "allOf", "anyOf", "oneOf", "enum", "const"];

/**
 * The schema of the objects among a schema's values. Clients describe the arguments of a tool that may be called without any as an object or null, and
 * often leave the type out. A combination that allows other values keeps them, and the caller refuses it.
 */
export function objectsOnly({ schema, at }: LocatedSchema): LocatedSchema {
  if (schema === true) return { schema: { type: "object" }, at };
  if (schema === false) return { schema, at };
  const { nullable: _, ...own } = schema;
  const isOpen = own.type === undefined && COMBINING_KEYWORDS.every((keyword) => own[keyword] === undefined);
  const isOfSeveral = Array.isArray(own.type) && own.type.includes("object");
  const typed = isOpen || isOfSeveral ? { ...own, type: "object" } : own;
  return { schema: withoutNull(withoutNull(typed, "anyOf"), "oneOf"), at };
}

/** Leaves out the branches for null alone. */
function withoutNull(schema: JsonObject, keyword: "anyOf" | "oneOf"): JsonObject {
  const branches = schema[keyword];
  if (!Array.isArray(branches)) return schema;
  const others = (branches as readonly unknown[]).filter((branch) => !isNullSchema(branch));
  return others.length === 0 || others.length === branches.length ? schema : { ...schema, [keyword]: others };
}

function isNullSchema(schema: unknown): boolean {
  if (!isJsonObject(schema)) return false;
  return schema.type === "null" || schema.const === null;
}
