import { isJsonObject, type JsonObject } from "../../../core/json.js";
import { JsonDepthError, JsonSyntaxError, parseOrderedJson } from "../../../core/ordered-json.js";
import type { Language } from "../regex/language.js";
import type { PatternWork } from "../regex/pattern-work.js";
import type { GrammarBounds } from "../rules/grammar-bounds.js";
import { GrammarProblem } from "../rules/grammar-node.js";
import { exclusiveBranches } from "./exclusive-branches.js";
import { negate } from "./negate-schema.js";
import { mergePlain, modernForm, ownPlain, plainAt, valuesOf } from "./plain-schema.js";
import { ReferenceIndex } from "./reference-index.js";
import {
  assertionsOf,
  noteUnknown,
  problemAt,
  readList,
  readMembers,
  readNames,
  REFERENCES,
} from "./schema-keywords.js";
import { SchemaWork } from "./schema-work.js";
import { closeUnevaluated } from "./unevaluated.js";
import type { BranchGroup, FlatSchema, LocatedSchema, PlainFlat, SchemaPlace, SchemaReader } from "./flat-schema.js";
import type { UnheldKeywords } from "./unheld-keywords.js";

/** The most schemas that are visited in one document. A schema counts again for each reference to it. */
const MAX_VISITS = 30_000;
/** So many values of a list count as one schema. */
const VALUES_PER_VISIT = 8;
/** A schema inside a schema takes two or three levels of JSON. */
const LEVELS_PER_SCHEMA = 3;
/** The most combinations of branches of one schema, which become alternatives at one position. */
const MAX_ALTERNATIVES = 64;
/** The most lists of branches that one combination takes a branch of, since the branches of a schema may refer to the schema itself. */
const MAX_GROUPS = 256;

/** A whole schema. It resolves the references inside it and merges the schemas that apply to one value. */
export class SchemaSource implements SchemaReader {
  readonly unheld: UnheldKeywords;
  readonly #work: SchemaWork;
  readonly #root: unknown;
  readonly #index: ReferenceIndex;
  readonly #bounds: GrammarBounds;
  readonly #flat = new WeakMap<object, FlatSchema>();
  #visits = 0;

  private constructor(
    root: unknown,
    { bounds, unheld, work }: { bounds: GrammarBounds; unheld: UnheldKeywords; work: SchemaWork },
  ) {
    this.#root = root;
    this.#index = new ReferenceIndex(root);
    this.#bounds = bounds;
    this.unheld = unheld;
    this.#work = work;
  }

  /**
   * @param options.work counts the work of all schemas of a request; by default the schema is the only one
   * @throws GrammarProblem when the text is not JSON, too large or nested too deep
   */
  static parse(
    text: string,
    { bounds, unheld, work = new SchemaWork() }: { bounds: GrammarBounds; unheld: UnheldKeywords; work?: SchemaWork },
  ): SchemaSource {
    const bytes = Buffer.byteLength(text);
    if (bytes > bounds.bytes) throw new GrammarProblem(`has ${bytes} bytes; at most ${bounds.bytes} are allowed`);
    const depth = bounds.nesting * LEVELS_PER_SCHEMA;
    try {
      const root = parseOrderedJson(text, { depth });
      refuseInfinity(root);
      return new SchemaSource(root, { bounds, unheld, work });
    } catch (error) {
      if (error instanceof JsonDepthError) throw new GrammarProblem(`is nested more than ${depth} levels deep`);
      if (error instanceof JsonSyntaxError) throw new GrammarProblem(`is not JSON: ${error.message}`);
      throw error;
    }
  }

  /** Counts the steps of all patterns and formats of the request together. */
  get work(): PatternWork {
    return this.#work.patterns;
  }

  get root(): LocatedSchema {
    return this.locate(this.#root, "", 0);
  }

  /** The JSON pointer of a schema of the document. undefined means that it was merged from several. */
  pointerOf(schema: object): string | undefined {
    return this.#index.pointerOf(schema);
  }

  /**
   * Checks that the value is a schema.
   * @param level the number of schemas around it
   * @throws GrammarProblem
   */
  locate(schema: unknown, near: string, level: number): LocatedSchema {
    const at = (isJsonObject(schema) ? this.#index.pointerOf(schema) : undefined) ?? near;
    this.#visit(at, 1);
    if (level > this.#bounds.nesting) throw problemAt(at, `schemas nested more than ${this.#bounds.nesting} deep`);
    if (typeof schema === "boolean") return { schema, at };
    if (!isJsonObject(schema)) throw problemAt(at, "is neither an object nor a boolean");
    noteUnknown(schema, at, this.unheld);
    return { schema, at };
  }

  /** Counts the values of a list that are read or compared once more. @throws GrammarProblem when there are too many */
  countValues(count: number, at: string): void {
    this.#visit(at, Math.floor(count / VALUES_PER_VISIT));
  }

  #visit(at: string, visits: number): void {
    this.#visits += visits;
    if (this.#visits > MAX_VISITS) {
      const what = `counted once for each reference to them, and ${VALUES_PER_VISIT} listed values as one`;
      throw problemAt(at, `more than ${MAX_VISITS} schemas, ${what}`);
    }
    this.#work.visit(at, visits);
  }

  /** The schema that a reference refers to. */
  resolve(schema: JsonObject, keyword: string, { at, level }: SchemaPlace): LocatedSchema {
    const target = this.#index.resolve(schema[keyword], { keyword, from: schema, at });
    const pointer = isJsonObject(target) ? this.#index.pointerOf(target) : undefined;
    return this.locate(target, pointer ?? `${at}/${keyword}`, level);
  }

  /** The texts that a pattern matches. @throws GrammarProblem when the pattern is not supported */
  languageOf(pattern: unknown): Language {
    return this.#work.languageOf(pattern);
  }

  /** The schema merged with its references and its `allOf`. */
  flatten({ schema, at }: LocatedSchema, level: number): FlatSchema {
    if (typeof schema === "boolean") return { plain: schema ? {} : false, groups: [], at };
    const known = this.#flat.get(schema);
    if (known !== undefined) return known;
    const flat = this.#flatten(schema, at, level);
    this.#flat.set(schema, flat);
    return flat;
  }

  #flatten(schema: JsonObject, at: string, level: number): FlatSchema {
    const parts: FlatSchema[] = [];
    const add = (part: unknown, pointer: string): number =>
      parts.push(this.flatten(this.locate(part, pointer, level + 1), level + 1));
    for (const keyword of REFERENCES) {
      if (schema[keyword] === undefined) continue;
      parts.push(this.flatten(this.resolve(schema, keyword, { at, level: level + 1 }), level + 1));
    }
    for (const [index, member] of (readList(schema, "allOf", at) ?? []).entries()) add(member, `${at}/allOf/${index}`);
    const modern = modernForm(schema, at);
    const isNarrowed = modern.if !== undefined;
    const groups = [...this.#groupsOf(modern, at, level)];
    parts.push({ plain: ownPlain(modern, at), groups, at, ...(isNarrowed && { isNarrowed }) });
    if (modern.not !== undefined) parts.push(this.#exclude(modern.not, `${at}/not`, level));
    const merged = parts.reduce((one, other) => this.merge(one, other));
    return closeUnevaluated(this, { ...merged, at }, { schema: modern, level });
  }

  merge(one: FlatSchema, other: FlatSchema): FlatSchema {
    this.#visit(other.at, 1);
    const [ones, others] = [one.plain, other.plain].map((part) => (part === false ? undefined : valuesOf(part)));
    if (ones !== undefined && others !== undefined) this.countValues(ones.length + others.length, other.at);
    const plain = mergePlain(one.plain, other.plain, {
      at: other.at,
      matches: (pattern, name) => this.#matches(pattern, name),
    });
    const groups = plain === false ? [] : [...one.groups, ...other.groups];
    const isNarrowed = one.isNarrowed === true || other.isNarrowed === true;
    return { plain, groups, at: one.at, ...(isNarrowed && { isNarrowed }) };
  }

  /** Whether a name matches a pattern. A pattern that is not supported matches nothing, and is noted where it is held. */
  #matches(pattern: string, name: string): boolean {
    try {
      return this.languageOf(pattern).has(name);
    } catch (error) {
      if (error instanceof GrammarProblem) return false;
      throw error;
    }
  }

  *#groupsOf(schema: JsonObject, at: string, level: number): Generator<BranchGroup> {
    for (const keyword of ["anyOf", "oneOf"]) {
      const branches = readList(schema, keyword, at)?.map((branch, index) =>
        this.locate(branch, `${at}/${keyword}/${index}`, level + 1),
      );
      if (branches !== undefined) yield { branches, isExclusive: keyword === "oneOf", at: `${at}/${keyword}` };
    }
    if (schema.if !== undefined) yield* this.#conditional(schema, at, level);
    for (const [name, needed] of readMembers(schema, "dependentRequired", at)) {
      const pointer = `${at}/dependentRequired`;
      yield this.#either([{ properties: { [name]: false } }, { required: readNames(needed, pointer) }], pointer, level);
    }
    for (const [name, needed] of readMembers(schema, "dependentSchemas", at)) {
      const pointer = `${at}/dependentSchemas`;
      yield this.#either(
        [{ properties: { [name]: false } }, { allOf: [{ required: [name] }, needed] }],
        pointer,
        level,
      );
    }
  }

  #either(branches: readonly unknown[], at: string, level: number): BranchGroup {
    return { branches: branches.map((branch) => this.locate(branch, at, level + 1)), isExclusive: false, at };
  }

  *#conditional(schema: JsonObject, at: string, level: number): Generator<BranchGroup> {
    const { if: condition, then = true, else: otherwise = true } = schema;
    if (then === true && otherwise === true) return;
    const opposite = negate(this, this.locate(condition, `${at}/if`, level + 1), level + 1);
    if (opposite === undefined) {
      this.unheld.noteRestriction(`${at}/if`, 'the opposite of the condition cannot be held, so "if" is not');
      return;
    }
    yield this.#either([{ allOf: [condition, then] }, { allOf: [opposite, otherwise] }], `${at}/if`, level);
  }

  /** The schema of the values for which the given one is not valid. Where there is none, `not` is kept for the converters of the types. */
  #exclude(excluded: unknown, at: string, level: number): FlatSchema {
    const located = this.locate(excluded, at, level + 1);
    const [keyword, ...others] = typeof located.schema === "boolean" ? [] : assertionsOf(located.schema);
    const isAlone = others.length === 0 && ["enum", "const", "pattern"].includes(keyword ?? "");
    const opposite = isAlone ? undefined : negate(this, located, level + 1);
    if (opposite !== undefined) {
      return { ...this.flatten(this.locate(opposite, at, level + 1), level + 1), isNarrowed: true };
    }
    const not = ["not", [excluded]] as const;
    // Every value that is no string is valid for a pattern.
    const keywords = keyword === "pattern" && isAlone ? [["type", ["string"]] as const, not] : [not];
    return { plain: plainAt(keywords, [["not", at]]), groups: [], at };
  }

  /**
   * The combinations of branches, at most 64. A group with too many is not held. Combinations without any value are left out.
   * @param options.isWide whether values of several branches of `oneOf` belong to the combinations
   */
  alternativesOf(flat: FlatSchema, level: number, options: { isWide?: boolean } = {}): readonly PlainFlat[] {
    const found: PlainFlat[] = [];
    if (this.#collect(flat, level, { found, taken: 0, ...options })) return found;
    const [last] = flat.groups.slice(-1);
    this.unheld.noteRestriction(
      last?.at ?? flat.at,
      `its branches make more than ${MAX_ALTERNATIVES} combinations with those of the schemas that apply together with it`,
    );
    return this.alternativesOf({ ...flat, groups: flat.groups.slice(0, -1) }, level, options);
  }

  /** Returns false if there are too many. */
  #collect(flat: FlatSchema, level: number, into: { found: PlainFlat[]; taken: number; isWide?: boolean }): boolean {
    const { found, taken, isWide = false } = into;
    if (taken > MAX_GROUPS) {
      throw problemAt(flat.groups[0]?.at ?? flat.at, `more than ${MAX_GROUPS} lists of branches apply to one value`);
    }
    if (flat.plain === false || this.#hasNoValue(flat, level)) return true;
    // Which values are valid for two branches of `oneOf` is known best once everything else is merged.
    const group = flat.groups.find(({ isExclusive }) => !isExclusive) ?? flat.groups[0];
    if (group === undefined) return found.push({ ...flat, groups: [] }) <= MAX_ALTERNATIVES;
    const rest = { ...flat, groups: flat.groups.filter((other) => other !== group) };
    const branches = this.branchesOf(isWide ? { ...group, isExclusive: false } : group, rest, level);
    return branches.every((branch) => this.#collect(this.merge(rest, branch), level, { ...into, taken: taken + 1 }));
  }

  /** The branches of a group as flat schemas, of which no two are valid for one value if the group is exclusive. */
  branchesOf(group: BranchGroup, beside: FlatSchema, level: number): readonly FlatSchema[] {
    const branches = group.branches.map((branch) => ("groups" in branch ? branch : this.flatten(branch, level + 1)));
    return group.isExclusive ? exclusiveBranches(this, { group, branches, beside }, level) : branches;
  }

  /** Whether a required member has no valid value. It may also be that there is none if this returns false. */
  #hasNoValue({ plain, at }: FlatSchema, level: number): boolean {
    if (plain === false) return true;
    const members = new Map(readMembers(plain, "properties", at));
    return readNames(plain.required, `${at}/required`).some((name) => {
      const schema = members.get(name);
      if (schema === false) return true;
      if (!isJsonObject(schema) || schema.allOf === undefined || this.#index.pointerOf(schema) !== undefined)
        return false;
      return this.flatten(this.locate(schema, at, level + 1), level + 1).plain === false;
    });
  }
}

/** Whether the schema says nothing but what a reference refers to. */
export function isReference(schema: JsonObject): boolean {
  const assertions = assertionsOf(schema);
  return assertions.length === 1 && assertions[0] !== undefined && REFERENCES.includes(assertions[0]);
}

function refuseInfinity(value: unknown): void {
  if (value === Infinity || value === -Infinity) {
    throw new GrammarProblem("contains a number beyond the range of a double");
  }
  if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) refuseInfinity(inner);
}
