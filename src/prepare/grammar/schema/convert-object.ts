import type { JsonObject } from "../../../core/json.js";
import { writeJsonString } from "../json/language-string.js";
import { COLON, COMMA, stringGrammar } from "../json/value-grammar.js";
import { choice, EMPTY, type GrammarNode, sequence, text } from "../rules/grammar-node.js";
import { type Entry, EntryTree } from "./entry-tree.js";
import type { InnerConverter } from "./inner-converter.js";
import { type FreeMembers, membersOfObject } from "./described-members.js";
import { placeOf } from "./plain-schema.js";
import { NoValueProblem, problemAt, readCount } from "./schema-keywords.js";
import type { SchemaPlace } from "./flat-schema.js";

const MAX_MEMBERS = 2_000;
/** With more optional members in a row their names become a tree, since each would be an alternative at the same position. */
const MAX_ALTERNATIVES_IN_ROW = 32;
/** The trees of more names would need too many rules. */
const MAX_OPTIONAL_IN_ROW = 500;
/** The most rules for the members and their count. */
const MAX_STATES = 2_000;

interface Member {
  readonly name: string;
  readonly value: GrammarNode;
  readonly isRequired: boolean;
}

interface MemberCounts {
  readonly min: number;
  readonly max: number;
}

/**
 * The grammar of an object. The model writes the described members in the order of `properties`, each at most once. After them come members with free names,
 * which `patternProperties` and `additionalProperties` describe. Without `additionalProperties` there are none beside `properties`.
 */
export function objectOfSchema(converter: InnerConverter, plain: JsonObject, place: SchemaPlace): GrammarNode {
  const { at, level } = place;
  const { described, free } = membersOfObject(converter, plain, place);
  const members: Member[] = [];
  for (const { name, schema, isRequired, at: pointer } of described) {
    if (schema === false && !isRequired) continue;
    try {
      members.push({ name, isRequired, value: converter.convertInner(schema, pointer, level) });
    } catch (error) {
      if (!(error instanceof NoValueProblem) || isRequired) throw error;
    }
  }
  refuseLongRow(members, at);
  const others = free.flatMap((group) => freeMember(converter, group, level));
  const other = others.length === 0 ? undefined : choice(...others);
  const counts = readCounts(converter, plain, { at, members, hasFree: other !== undefined });
  if (counts.max === 0) return text("{}");
  return new ObjectWriter(converter, { members, other, counts }).write();
}

function refuseLongRow(members: readonly Member[], at: string): void {
  let inRow = 0;
  for (const { isRequired } of members) {
    inRow = isRequired ? 0 : inRow + 1;
    if (inRow > MAX_OPTIONAL_IN_ROW) {
      throw problemAt(`${at}/properties`, `has more than ${MAX_OPTIONAL_IN_ROW} optional members in a row`);
    }
  }
}

function freeMember(converter: InnerConverter, { names, schema, at }: FreeMembers, level: number): GrammarNode[] {
  const { book } = converter;
  try {
    const value = converter.convertInner(schema, at, level);
    const name = names === undefined ? stringGrammar(book, { min: 0, max: Infinity }) : writeJsonString(book, names);
    return [book.add("free", sequence(name, COLON, value))];
  } catch (error) {
    if (error instanceof NoValueProblem) return [];
    throw error;
  }
}

/** The counts that the grammar holds. Free names may be written twice, so only one of them counts for the minimum. */
function readCounts(
  { source }: InnerConverter,
  plain: JsonObject,
  { at, members, hasFree }: { at: string; members: readonly Member[]; hasFree: boolean },
): MemberCounts {
  let min = readCount(plain, "minProperties", at) ?? 0;
  let max = readCount(plain, "maxProperties", at) ?? Infinity;
  if (min > max) throw new NoValueProblem(at, `minProperties ${min} is more than maxProperties ${max}`);
  const required = members.filter(({ isRequired }) => isRequired).length;
  const counts = `with ${members.length} described members, ${required} of them required`;
  if (required > max) {
    throw new NoValueProblem(`${at}/maxProperties`, `${max} is less than ${required}, the number of required members`);
  }
  const most = members.length + (hasFree ? 1 : 0);
  if (min > most && !hasFree) {
    throw new NoValueProblem(`${at}/minProperties`, `${min} is more than ${most}, the number of described members`);
  }
  if (min > most) {
    source.unheld.noteRestriction(
      placeOf(plain, "minProperties", at),
      `${min} cannot be enforced with free keys, since the model may write a key twice; at most ${most} is supported`,
    );
    min = most;
  }
  if (max > MAX_MEMBERS) max = hasFree ? MAX_MEMBERS : Infinity;
  if (readCount(plain, "maxProperties", at) === undefined) max = Infinity;
  if (!hasFree && max >= members.length) max = Infinity;
  if (min <= required) min = 0;
  for (const [keyword, count] of [["minProperties", min] as const, ["maxProperties", max] as const]) {
    if (count === Infinity || members.length * count <= MAX_STATES) continue;
    source.unheld.noteRestriction(
      placeOf(plain, keyword, at),
      `${count} cannot be enforced ${counts}, since it takes more than ${MAX_STATES} rules`,
    );
    if (keyword === "minProperties") min = 0;
    else max = Infinity;
  }
  return { min, max };
}

/** Writes an object from its first member to its last. A rule stands for what may follow a number of members. */
class ObjectWriter {
  readonly #converter: InnerConverter;
  readonly #members: readonly Member[];
  readonly #other: GrammarNode | undefined;
  readonly #counts: MemberCounts;
  readonly #tree: EntryTree;
  readonly #known = new Map<string, GrammarNode | undefined>();
  readonly #values = new Map<number, GrammarNode>();
  readonly #lastRequired: number;

  constructor(
    converter: InnerConverter,
    { members, other, counts }: { members: readonly Member[]; other: GrammarNode | undefined; counts: MemberCounts },
  ) {
    this.#converter = converter;
    this.#members = members;
    this.#other = other;
    this.#counts = counts;
    this.#tree = new EntryTree(converter.book);
    this.#lastRequired = members.findLastIndex(({ isRequired }) => isRequired);
  }

  write(): GrammarNode {
    // Rules are written from the last member on, so that no chain of members is followed by recursion.
    for (let index = this.#members.length; index > 0; index -= 1) {
      for (let count = 0; count <= Math.min(index, this.#trackedCounts()); count += 1) this.#names(index, count);
    }
    const rest = this.#after(0, 0, EMPTY);
    if (rest === undefined) throw new NoValueProblem("", "no object has a number of members within its bounds");
    return sequence(text("{"), rest);
  }

  #trackedCounts(): number {
    const { min, max } = this.#counts;
    return max === Infinity ? min : max;
  }

  /** The continuation after `count` members, the last of which stands before the one at `index`. */
  #after(index: number, count: number, before: GrammarNode): GrammarNode | undefined {
    const { min, max } = this.#counts;
    const next: GrammarNode[] = [];
    const names = this.#names(index, count);
    if (names !== undefined) next.push(sequence(text('"'), names));
    const isRequiredAhead = index <= this.#lastRequired;
    if (!isRequiredAhead && this.#other !== undefined && count < max && min - count <= 1) {
      const list = this.#converter.book.list(this.#other, COMMA, { min: 1, max: max - count });
      next.push(sequence(list, text("}")));
    }
    const options = next.length === 0 ? [] : [sequence(before, choice(...next))];
    if (!isRequiredAhead && count >= min) options.push(text("}"));
    return options.length === 0 ? undefined : choice(...options);
  }

  /** The names of the next members, without their opening quote, and everything after them. undefined means that there is no next member. */
  #names(index: number, count: number): GrammarNode | undefined {
    const { min, max } = this.#counts;
    if (index >= this.#members.length || count >= max) return undefined;
    const tracked = max === Infinity ? Math.min(count, min) : count;
    const key = `${index} ${tracked}`;
    if (!this.#known.has(key)) this.#known.set(key, this.#writeNames(index, tracked));
    return this.#known.get(key);
  }

  #writeNames(index: number, count: number): GrammarNode | undefined {
    const { book } = this.#converter;
    const row = this.#rowFrom(index);
    if (row.length > MAX_ALTERNATIVES_IN_ROW) {
      const entries = row.flatMap((member, offset): Entry[] => {
        const then = this.#rest(index + offset, count);
        return then === undefined ? [] : [{ id: `${index + offset}/${count}`, text: nameOf(member), then }];
      });
      return entries.length === 0 ? undefined : this.#tree.choice(entries);
    }
    const [member] = row;
    if (member === undefined) return undefined;
    const rest = this.#after(index + 1, count + 1, COMMA);
    const own = rest && sequence(text(nameOf(member)), COLON, this.#valueOf(index, member), rest);
    const others = member.isRequired ? undefined : this.#names(index + 1, count);
    const options = [own, others].filter((node) => node !== undefined);
    // Each member gets a rule of its own, so that neither the text nor the nesting grows with their number.
    return options.length === 0 ? undefined : book.add("members", choice(...options));
  }

  /** The optional members from `index` on, and the required one after them. */
  #rowFrom(index: number): readonly Member[] {
    const required = this.#members.findIndex(({ isRequired }, at) => at >= index && isRequired);
    return this.#members.slice(index, required < 0 ? undefined : required + 1);
  }

  /** The continuation after the name of a member, as one rule. */
  #rest(index: number, count: number): GrammarNode | undefined {
    const member = this.#members[index];
    const key = `rest ${index} ${count}`;
    if (member !== undefined && !this.#known.has(key)) {
      const after = this.#after(index + 1, count + 1, COMMA);
      const rest = after && sequence(COLON, this.#valueOf(index, member), after);
      this.#known.set(key, rest && this.#converter.book.add("members", rest));
    }
    return this.#known.get(key);
  }

  /** The value of a member, which is a rule if several rules may contain it. */
  #valueOf(index: number, { value }: Member): GrammarNode {
    if (this.#trackedCounts() === 0 && this.#members.length <= MAX_ALTERNATIVES_IN_ROW) return value;
    let node = this.#values.get(index);
    if (node === undefined) {
      const isSmall = value.type === "rule" || value.type === "text";
      node = isSmall ? value : this.#converter.book.add("member", value);
      this.#values.set(index, node);
    }
    return node;
  }
}

/** The name as JSON, with its closing quote, so that no name is the beginning of another. */
function nameOf({ name }: Member): string {
  return JSON.stringify(name).slice(1);
}
