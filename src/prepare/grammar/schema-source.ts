import { isDeepStrictEqual } from "node:util";
import type { GrammarBounds } from "./grammar-bounds.js";
import { GrammarProblem } from "./grammar-problem.js";
import { isJsonObject, type JsonObject } from "../../core/json.js";
import { typesMeet, type JsonType } from "./json-type.js";
import {
  assertionsOf,
  BOUND_TOGETHER,
  checkKeywords,
  isAnnotation,
  problemAt,
  readList,
  readProperties,
  readRequired,
  readTypes,
} from "./schema-keywords.js";

/** Schemas that are looked at, again where references lead to them again. */
const MOST_LOOKS = 30_000;
/** A schema in a schema is two levels of JSON, or three. */
const LEVELS_PER_SCHEMA = 3;

/** A schema, and its JSON pointer. */
export interface PlacedSchema {
  readonly schema: JsonObject | boolean;
  readonly at: string;
}

/** A whole schema: resolves references inside it, and puts together what holds at one place. */
export class SchemaSource {
  readonly #root: unknown;
  readonly #bounds: GrammarBounds;
  #looks = 0;

  private constructor(root: unknown, bounds: GrammarBounds) {
    this.#root = root;
    this.#bounds = bounds;
  }

  /** @throws GrammarProblem for what is no JSON, or too large or too deep */
  static parse(text: string, bounds: GrammarBounds): SchemaSource {
    const bytes = Buffer.byteLength(text);
    if (bytes > bounds.bytes) throw new GrammarProblem(`has ${bytes} bytes, more than ${bounds.bytes}`);
    let root: unknown;
    try {
      root = JSON.parse(text);
    } catch (error) {
      throw new GrammarProblem(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    checkDepth(root, bounds.nesting * LEVELS_PER_SCHEMA);
    return new SchemaSource(root, bounds);
  }

  get root(): PlacedSchema {
    return this.place(this.#root, "", 0);
  }

  /**
   * Takes what should be a schema for one.
   * @param level how many schemas it lies in
   */
  place(schema: unknown, at: string, level: number): PlacedSchema {
    this.#looks += 1;
    if (this.#looks > MOST_LOOKS) throw problemAt(at, `more than ${MOST_LOOKS} schemas, with those behind references`);
    if (level > this.#bounds.nesting) throw problemAt(at, `schemas more than ${this.#bounds.nesting} deep`);
    if (typeof schema === "boolean") return { schema, at };
    if (!isJsonObject(schema)) throw problemAt(at, "is neither an object nor a boolean");
    checkKeywords(schema, at);
    return { schema, at };
  }

  /** The schema that a `$ref` means. */
  resolve(reference: unknown, at: string, level: number): PlacedSchema {
    if (typeof reference !== "string") throw problemAt(`${at}/$ref`, "is not a text");
    if (reference !== "#" && !reference.startsWith("#/")) {
      throw problemAt(
        `${at}/$ref`,
        `${JSON.stringify(reference)} does not begin with #/: only what is in the schema itself can be referred to`,
      );
    }
    let target: unknown = this.#root;
    for (const part of reference.split("/").slice(1)) {
      const name = decodePart(part, at).replaceAll("~1", "/").replaceAll("~0", "~");
      const isThere = typeof target === "object" && target !== null && Object.hasOwn(target, name);
      target = isThere ? (target as Readonly<Record<string, unknown>>)[name] : undefined;
      if (target === undefined) throw problemAt(`${at}/$ref`, `nothing is at ${JSON.stringify(reference)}`);
    }
    return this.place(target, reference.slice(1), level);
  }

  /** The schema with what `$ref` and `allOf` add to it: as one, in which neither is left. */
  flatten({ schema, at }: PlacedSchema, level: number): PlacedSchema {
    if (typeof schema === "boolean") return { schema, at };
    const { $ref, allOf, ...own } = schema;
    if ($ref === undefined && allOf === undefined) return { schema, at };
    const parts: PlacedSchema[] = [];
    if ($ref !== undefined) parts.push(this.flatten(this.resolve($ref, at, level + 1), level + 1));
    for (const [index, part] of (readList(schema, "allOf", at) ?? []).entries()) {
      parts.push(this.flatten(this.place(part, `${at}/allOf/${index}`, level + 1), level + 1));
    }
    if (assertionsOf(own).length > 0) parts.push({ schema: own, at });
    return parts.reduce((one, other) => mergeSchemas(one, other));
  }

  /** Each of the options of `anyOf` or `oneOf`, with what stands beside that. */
  branchesOf(schema: JsonObject, at: string, level: number): readonly PlacedSchema[] | undefined {
    const { anyOf, oneOf, ...own } = schema;
    if (anyOf === undefined && oneOf === undefined) return undefined;
    if (anyOf !== undefined && oneOf !== undefined)
      throw problemAt(`${at}/oneOf`, `"oneOf" beside "anyOf" is not supported`);
    const keyword = anyOf === undefined ? "oneOf" : "anyOf";
    const beside = assertionsOf(own).length > 0 ? { schema: own, at } : undefined;
    return (readList(schema, keyword, at) ?? []).map((branch, index) => {
      const placed = this.place(branch, `${at}/${keyword}/${index}`, level + 1);
      return beside === undefined ? placed : mergeSchemas(beside, this.flatten(placed, level + 1));
    });
  }
}

/**
 * One schema that holds where both do.
 * @throws GrammarProblem where that can't be told from their keywords
 */
function mergeSchemas(one: PlacedSchema, other: PlacedSchema): PlacedSchema {
  if (typeof one.schema === "boolean") return one.schema ? other : one;
  if (typeof other.schema === "boolean") return other.schema ? one : other;
  for (const keywords of BOUND_TOGETHER) refuseParted(one, other, keywords);
  const merged = new Map(Object.entries(one.schema));
  for (const [keyword, value] of Object.entries(other.schema)) {
    const own = merged.get(keyword);
    merged.set(keyword, own === undefined ? value : mergeKeyword(keyword, one, other));
  }
  return { schema: Object.fromEntries(merged), at: one.at };
}

function mergeKeyword(keyword: string, one: PlacedSchema, other: PlacedSchema): unknown {
  const [left, right] = [one.schema as JsonObject, other.schema as JsonObject];
  if (isAnnotation(keyword) || keyword === "$id" || isDeepStrictEqual(left[keyword], right[keyword]))
    return left[keyword];
  if (keyword === "required") return [...new Set([...readRequired(left, one.at), ...readRequired(right, other.at)])];
  if (keyword === "type") return meetTypes(readTypes(left, one.at), readTypes(right, other.at), other.at);
  if (keyword === "properties") {
    const members = new Map(readProperties(left, one.at));
    for (const [name, schema] of readProperties(right, other.at)) {
      if (members.has(name) && !isDeepStrictEqual(members.get(name), schema)) {
        throw problemAt(
          other.at,
          `says of the member ${JSON.stringify(name)} something else than ${one.at} does, which is not supported`,
        );
      }
      members.set(name, schema);
    }
    return Object.fromEntries(members);
  }
  throw problemAt(other.at, `${JSON.stringify(keyword)} holds together with that at ${one.at}, which is not supported`);
}

function meetTypes(left: readonly JsonType[], right: readonly JsonType[], at: string): readonly JsonType[] {
  const common = left.flatMap((type) =>
    right.filter((other) => typesMeet(type, other)).map((other) => (type === "integer" ? type : other)),
  );
  if (common.length === 0) throw problemAt(at, "no type fits both this and what holds together with it");
  return [...new Set(common)];
}

/** What the second keyword means depends on the first beside it: they must not come from different schemas. */
function refuseParted(one: PlacedSchema, other: PlacedSchema, [first, second]: readonly [string, string]): void {
  for (const [here, there] of [
    [one, other],
    [other, one],
  ] as const) {
    const [own, its] = [here.schema as JsonObject, there.schema as JsonObject];
    const matters = own[second] !== undefined && own[second] !== true;
    if (matters && its[first] !== undefined && !isDeepStrictEqual(own[first], its[first])) {
      throw problemAt(here.at, `"${second}" holds together with "${first}" at ${there.at}, which is not supported`);
    }
  }
}

function decodePart(part: string, at: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw problemAt(`${at}/$ref`, "is not percent-encoded as it should be");
  }
}

/** Without recursion, since nobody has looked at the value yet. */
function checkDepth(root: unknown, most: number): void {
  let level: readonly unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) throw new GrammarProblem(`is nested more than ${most} deep`);
    if (level.some((value) => value === Infinity || value === -Infinity)) {
      throw new GrammarProblem("holds a number that is beyond all doubles");
    }
    level = level.flatMap((value) =>
      typeof value === "object" && value !== null ? (Object.values(value) as readonly unknown[]) : [],
    );
  }
}
