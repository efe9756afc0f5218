import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair } from "yaml";

/** The problems of one file, each with the line and column of its cause. */
export class YamlProblems {
  readonly #path: string;
  readonly #lines: LineCounter;
  readonly #list: string[] = [];

  constructor(path: string, lines: LineCounter) {
    this.#path = path;
    this.#lines = lines;
  }

  get list(): readonly string[] {
    return this.#list;
  }

  /** @param offset the place of the cause in the text */
  addAt(offset: number, text: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.#list.push(`${this.#path}:${line}:${col}: ${text}`);
  }

  add(node: YamlNode, text: string): void {
    this.addAt(offsetOf(node), text);
  }
}

/** A node of the document, or a pair, or null for a value that is left out. */
export type YamlNode = Node | Pair | null;

/** The place of a node, or of a pair's key. */
function offsetOf(node: YamlNode): number {
  if (node === null) return 0;
  const range = "range" in node ? node.range : (node as Pair<Node>).key.range;
  return range?.[0] ?? 0;
}

/** One field of a map, with the place to which a problem of it belongs. */
export interface YamlField {
  readonly name: string;
  readonly value: YamlNode;
  readonly pair: Pair;
}

/** Returns the fields of a map, or none for anything else, which is a problem. */
export function mapFields(node: YamlNode, place: YamlNode, problems: YamlProblems): readonly YamlField[] {
  if (!isMap(node)) {
    problems.add(node ?? place, isAlias(node) ? "aliases are not allowed" : "must be a map");
    return [];
  }
  return node.items.flatMap((pair) => {
    const { key, value } = pair as Pair<Node, Node | null>;
    if (isScalar(key) && typeof key.value === "string") return [{ name: key.value, value, pair }];
    problems.add(pair, "must have a text as its key");
    return [];
  });
}

/** Returns the items of a list, or none for anything else, which is a problem. */
export function listItems(node: YamlNode, place: YamlNode, problems: YamlProblems): readonly Node[] {
  if (isSeq(node)) return node.items as Node[];
  problems.add(node ?? place, isAlias(node) ? "aliases are not allowed" : "must be a list");
  return [];
}

/** Reads fields by a table of readers. A field that the table lacks is a problem, as is a value that its reader refuses. */
export function readFields<Fields extends object>(
  fields: readonly YamlField[],
  readers: { readonly [Name in keyof Fields]: FieldReader<Fields[Name]> },
  problems: YamlProblems,
): Partial<Fields> {
  const values: Partial<Fields> = {};
  for (const { name, value, pair } of fields) {
    const reader = Object.hasOwn(readers, name) ? readers[name as keyof Fields] : undefined;
    if (reader === undefined) {
      problems.add(pair, `${name} is unknown; there is ${Object.keys(readers).join(", ")}`);
      continue;
    }
    const read = reader({ name, value, pair });
    if (read !== undefined) values[name as keyof Fields] = read;
  }
  return values;
}

/** Reads the value of one field, or reports a problem and returns undefined. */
export type FieldReader<Value> = (field: YamlField) => Value | undefined;

/** Makes a reader of scalars. `parse` returns undefined for a value that is not `expected`, which completes "must be". */
export function scalar<Value>(
  problems: YamlProblems,
  { expected, parse }: { readonly expected: string; readonly parse: (value: unknown) => Value | undefined },
): FieldReader<Value> {
  return ({ name, value, pair }) => {
    const parsed = isScalar(value) ? parse(value.value) : undefined;
    if (parsed === undefined) problems.add(value ?? pair, `${name} must be ${expected}`);
    return parsed;
  };
}
