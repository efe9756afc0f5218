import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type JsonObject } from "../../../core/json.js";
import type { GrammarBounds } from "../rules/grammar-bounds.js";
import { GrammarProblem } from "../rules/grammar-node.js";
import {
  assertionsOf,
  DEPENDENT_KEYWORDS,
  isAnnotation,
  type JsonType,
  noteUnheld,
  problemAt,
  readList,
  readProperties,
  readRequired,
  readTypes,
  typesMeet,
} from "./schema-keywords.js";
import type { UnheldKeywords } from "./unheld-keywords.js";

/** The most schemas that are visited. A schema counts again for each reference to it. */
const MAX_VISITS = 30_000;
/** A schema inside a schema takes two or three levels of JSON. */
const LEVELS_PER_SCHEMA = 3;

/** A schema and its JSON pointer. */
export interface LocatedSchema {
  readonly schema: JsonObject | boolean;
  readonly at: string;
}

/** A whole schema. It resolves the references inside it and merges the schemas that apply to one value. */
export class SchemaSource {
  readonly #root: unknown;
  readonly #bounds: GrammarBounds;
  readonly unheld: UnheldKeywords;
  #visits = 0;

  private constructor(root: unknown, bounds: GrammarBounds, unheld: UnheldKeywords) {
    this.#root = root;
    this.#bounds = bounds;
    this.unheld = unheld;
  }

  /** @throws GrammarProblem when the text is not JSON, too large or nested too deep */
  static parse(text: string, bounds: GrammarBounds, unheld: UnheldKeywords): SchemaSource {
    const bytes = Buffer.byteLength(text);
    if (bytes > bounds.bytes) throw new GrammarProblem(`has ${bytes} bytes; at most ${bounds.bytes} are allowed`);
    let root: unknown;
    try {
      root = JSON.parse(text);
    } catch (error) {
      throw new GrammarProblem(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    checkDepth(root, bounds.nesting * LEVELS_PER_SCHEMA);
    return new SchemaSource(root, bounds, unheld);
  }

  get root(): LocatedSchema {
    return this.locate(this.#root, "", 0);
  }

  /**
   * Checks that the value is a schema.
   * @param level the number of schemas around it
   * @throws GrammarProblem
   */
  locate(schema: unknown, at: string, level: number): LocatedSchema {
    this.#visits += 1;
    if (this.#visits > MAX_VISITS) {
      throw problemAt(at, `more than ${MAX_VISITS} schemas, counted once for each reference to them`);
    }
    if (level > this.#bounds.nesting) throw problemAt(at, `schemas nested more than ${this.#bounds.nesting} deep`);
    if (typeof schema === "boolean") return { schema, at };
    if (!isJsonObject(schema)) throw problemAt(at, "is neither an object nor a boolean");
    noteUnheld(schema, at, this.unheld);
    return { schema, at };
  }

  /** The schema that a `$ref` refers to. */
  resolve(reference: unknown, at: string, level: number): LocatedSchema {
    if (typeof reference !== "string") throw problemAt(`${at}/$ref`, "is not a string");
    if (reference !== "#" && !reference.startsWith("#/")) {
      throw problemAt(
        `${at}/$ref`,
        `${JSON.stringify(reference)} does not begin with #/; only references inside the schema are supported`,
      );
    }
    let target: unknown = this.#root;
    for (const part of reference.split("/").slice(1)) {
      const name = decodePart(part, at).replaceAll("~1", "/").replaceAll("~0", "~");
      const isThere = typeof target === "object" && target !== null && Object.hasOwn(target, name);
      target = isThere ? (target as Readonly<Record<string, unknown>>)[name] : undefined;
      if (target === undefined) throw problemAt(`${at}/$ref`, `${JSON.stringify(reference)} refers to nothing`);
    }
    return this.locate(target, reference.slice(1), level);
  }

  /** The schema merged with its `$ref` and its `allOf`. */
  flatten({ schema, at }: LocatedSchema, level: number): LocatedSchema {
    if (typeof schema === "boolean") return { schema, at };
    const { $ref, allOf, ...own } = schema;
    if ($ref === undefined && allOf === undefined) return { schema, at };
    const merged: LocatedSchema[] = [];
    if ($ref !== undefined) merged.push(this.flatten(this.resolve($ref, at, level + 1), level + 1));
    for (const [index, member] of (readList(schema, "allOf", at) ?? []).entries()) {
      merged.push(this.flatten(this.locate(member, `${at}/allOf/${index}`, level + 1), level + 1));
    }
    if (assertionsOf(own).length > 0) merged.push({ schema: own, at });
    return merged.reduce((one, other) => mergeSchemas(one, other));
  }

  /** The branches of `anyOf` or `oneOf`, each merged with the keywords beside it. undefined means that the schema has neither. */
  branchesOf(schema: JsonObject, at: string, level: number): readonly LocatedSchema[] | undefined {
    const { anyOf, oneOf, ...own } = schema;
    if (anyOf === undefined && oneOf === undefined) return undefined;
    if (anyOf !== undefined && oneOf !== undefined)
      throw problemAt(`${at}/oneOf`, `"oneOf" beside "anyOf" is not supported`);
    const keyword = anyOf === undefined ? "oneOf" : "anyOf";
    const beside = assertionsOf(own).length > 0 ? { schema: own, at } : undefined;
    return (readList(schema, keyword, at) ?? []).map((branch, index) => {
      const located = this.locate(branch, `${at}/${keyword}/${index}`, level + 1);
      return beside === undefined ? located : mergeSchemas(beside, this.flatten(located, level + 1));
    });
  }
}

/**
 * One schema that is valid where both are.
 * @throws GrammarProblem when their keywords cannot be merged
 */
function mergeSchemas(one: LocatedSchema, other: LocatedSchema): LocatedSchema {
  if (typeof one.schema === "boolean") return one.schema ? other : one;
  if (typeof other.schema === "boolean") return other.schema ? one : other;
  for (const keywords of DEPENDENT_KEYWORDS) refuseSeparated(one, other, keywords);
  const merged = new Map<string, unknown>(Object.entries(one.schema));
  for (const [keyword, value] of Object.entries(other.schema)) {
    merged.set(keyword, merged.has(keyword) ? mergeKeyword(keyword, one, other) : value);
  }
  return { schema: Object.fromEntries(merged), at: one.at };
}

function mergeKeyword(keyword: string, one: LocatedSchema, other: LocatedSchema): unknown {
  const [left, right] = [one.schema as JsonObject, other.schema as JsonObject];
  if (isAnnotation(keyword) || isDeepStrictEqual(left[keyword], right[keyword])) return left[keyword];
  if (keyword === "required") return [...new Set([...readRequired(left, one.at), ...readRequired(right, other.at)])];
  if (keyword === "type") return meetTypes(readTypes(left, one.at), readTypes(right, other.at), other.at);
  if (keyword === "properties") {
    const members = new Map(readProperties(left, one.at));
    for (const [name, schema] of readProperties(right, other.at)) {
      if (members.has(name) && !isDeepStrictEqual(members.get(name), schema)) {
        throw problemAt(
          other.at,
          `the member ${JSON.stringify(name)} has another schema at ${one.at}, which also applies; merging them is not supported`,
        );
      }
      members.set(name, schema);
    }
    return Object.fromEntries(members);
  }
  throw problemAt(
    other.at,
    `${JSON.stringify(keyword)} applies together with the one at ${one.at}; merging them is not supported`,
  );
}

function meetTypes(left: readonly JsonType[], right: readonly JsonType[], at: string): readonly JsonType[] {
  const common = left.flatMap((type) =>
    right.filter((other) => typesMeet(type, other)).map((other) => (type === "integer" ? type : other)),
  );
  if (common.length === 0) throw problemAt(at, "no type is valid here and in the schema that applies together with it");
  return [...new Set(common)];
}

/** Rejects two dependent keywords that come from different schemas, since merging them would change the second one's meaning. */
function refuseSeparated(one: LocatedSchema, other: LocatedSchema, [first, second]: readonly [string, string]): void {
  for (const [here, there] of [
    [one, other],
    [other, one],
  ] as const) {
    const [own, its] = [here.schema as JsonObject, there.schema as JsonObject];
    const matters = own[second] !== undefined && own[second] !== true;
    if (matters && its[first] !== undefined && !isDeepStrictEqual(own[first], its[first])) {
      throw problemAt(
        here.at,
        `"${second}" applies together with "${first}" at ${there.at}; merging them is not supported`,
      );
    }
  }
}

function decodePart(part: string, at: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw problemAt(`${at}/$ref`, "has a broken percent-encoding");
  }
}

/** Avoids recursion, since nothing has bounded the value's depth yet. */
function checkDepth(root: unknown, most: number): void {
  let level: readonly unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) throw new GrammarProblem(`is nested more than ${most} levels deep`);
    if (level.some((value) => value === Infinity || value === -Infinity)) {
      throw new GrammarProblem("contains a number beyond the range of a double");
    }
    level = level.flatMap((value) =>
      typeof value === "object" && value !== null ? (Object.values(value) as readonly unknown[]) : [],
    );
  }
}
