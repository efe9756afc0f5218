import { mapCase } from "./hidden-chars.js";
import { add, getItem } from "./operators.js";
import { joinTexts, lower } from "./python-text.js";
import { textOf } from "./show-value.js";
import { requireTest } from "./value-tests.js";
import {
  areEqual,
  CallArguments,
  compareValues,
  isDict,
  isTrue,
  itemsOf,
  type JinjaValue,
  lengthOf,
  Tuple,
  typeName,
} from "./values.js";
import { takeCharacters, takeSteps } from "./render-work.js";

type SequenceFilter = (value: JinjaValue, args: CallArguments) => JinjaValue;

/** Reads the value of a path such as `function.name` or `0`, or returns the item itself without a path. */
function readPath(item: JinjaValue, path: JinjaValue): JinjaValue {
  if (path === undefined || path === null) return item;
  takeSteps(1);
  const parts = textOf(path);
  takeCharacters(parts.length);
  return parts
    .split(".")
    .reduce((object, part) => (object === undefined ? undefined : getItem(object, asKey(part))), item);
}

function asKey(part: string): JinjaValue {
  return /^\d+$/.test(part) ? Number(part) : part;
}

function fold(value: JinjaValue, caseSensitive: JinjaValue): JinjaValue {
  return typeof value === "string" && !isTrue(caseSensitive) ? mapCase(value, lower) : value;
}

function sortBy(
  items: readonly JinjaValue[],
  key: (item: JinjaValue) => JinjaValue,
  { reverse, caseSensitive }: { reverse: JinjaValue; caseSensitive: JinjaValue },
): JinjaValue[] {
  const keyed = items.map((item) => ({ item, key: fold(key(item), caseSensitive) }));
  const direction = isTrue(reverse) ? -1 : 1;
  return keyed.sort((a, b) => direction * compareValues(a.key, b.key)).map(({ item }) => item);
}

const sort: SequenceFilter = (value, args) =>
  sortBy(itemsOf(value), (item) => readPath(item, args.take(2, "attribute")), {
    reverse: args.take(0, "reverse"),
    caseSensitive: args.take(1, "case_sensitive"),
  });

const sortDict: SequenceFilter = (value, args) => {
  const place = textOf(args.take(1, "by", "key")) === "value" ? 1 : 0;
  return sortBy(entriesOf(value), (entry) => (entry instanceof Tuple ? entry.items[place] : entry), {
    reverse: args.take(2, "reverse"),
    caseSensitive: args.take(0, "case_sensitive"),
  });
};

function entriesOf(value: JinjaValue): Tuple[] {
  if (value === undefined) return [];
  if (!isDict(value)) throw new TypeError(`expected a dictionary, not ${typeName(value)}`);
  takeSteps(value.size);
  return [...value].map((entry) => new Tuple(entry));
}

const unique: SequenceFilter = (value, args) => {
  const seen: JinjaValue[] = [];
  return itemsOf(value).filter((item) => {
    const key = fold(readPath(item, args.take(1, "attribute")), args.take(0, "case_sensitive"));
    if (seen.some((other) => areEqual(other, key))) return false;
    seen.push(key);
    return true;
  });
};

const groupBy: SequenceFilter = (value, args) => {
  const path = args.take(0, "attribute");
  const keyOf = (item: JinjaValue): JinjaValue => readPath(item, path) ?? args.take(1, "default");
  const groups: { key: JinjaValue; items: JinjaValue[] }[] = [];
  for (const item of sortBy(itemsOf(value), keyOf, { reverse: false, caseSensitive: true })) {
    const group = groups.at(-1);
    if (group !== undefined && areEqual(group.key, keyOf(item))) group.items.push(item);
    else groups.push({ key: keyOf(item), items: [item] });
  }
  return groups.map(({ key, items }) => new Tuple([key, items]));
};

/** The items of a value. An empty one, such as none, has none for filters that choose or map. */
export function itemsIfTrue(value: JinjaValue): readonly JinjaValue[] {
  return isTrue(value) ? itemsOf(value) : [];
}

/** Keeps the items that a test holds for, or whose attribute it holds for. Without a test they must be true. */
function selecting(keeps: boolean, byAttribute: boolean): SequenceFilter {
  return (value, args) => {
    const positional = byAttribute ? args.positional.slice(1) : args.positional;
    const [name, ...others] = positional;
    const test = name === undefined ? isTrue : requireTest(textOf(name));
    const rest = new CallArguments(others);
    const path = byAttribute ? args.take(0, "attribute") : undefined;
    return itemsIfTrue(value).filter((item) => test(readPath(item, path), rest) === keeps);
  };
}

function extreme(direction: 1 | -1): SequenceFilter {
  return (value, args) => {
    const key = (item: JinjaValue): JinjaValue =>
      fold(readPath(item, args.take(1, "attribute")), args.take(0, "case_sensitive"));
    return itemsOf(value).reduce<JinjaValue>(
      (best, item, index) => (index === 0 || direction * compareValues(key(item), key(best)) > 0 ? item : best),
      undefined,
    );
  };
}

const join: SequenceFilter = (value, args) => {
  const texts = itemsOf(value).map((item) => textOf(readPath(item, args.take(1, "attribute"))));
  return joinTexts(texts, textOf(args.take(0, "d", "")));
};

const reverse: SequenceFilter = (value) => {
  const reversed = [...itemsOf(value)].reverse();
  return typeof value === "string" ? reversed.map(textOf).join("") : reversed;
};

const batch: SequenceFilter = (value, args) => {
  const [items, size, filling] = [itemsOf(value), args.integer(0, "linecount", 1), args.take(1, "fill_with")];
  if (!(size >= 1)) throw new TypeError(`batch() makes rows of at least 1 item, not ${size}`);
  const rows = Array.from({ length: Math.ceil(items.length / size) }, (_, row) =>
    items.slice(row * size, (row + 1) * size),
  );
  if (filling === undefined || filling === null) return rows;
  takeSteps(size);
  return rows.map((row) => [...row, ...Array.from({ length: size - row.length }, () => filling)]);
};

const sum: SequenceFilter = (value, args) =>
  itemsOf(value).reduce<JinjaValue>(
    (total, item) => add(total, readPath(item, args.take(0, "attribute"))),
    args.take(1, "start", 0),
  );

const length: SequenceFilter = (value) => lengthOf(value);
const list: SequenceFilter = (value) => [...itemsOf(value)];
const first: SequenceFilter = (value) => itemsOf(value)[0];
const last: SequenceFilter = (value) => itemsOf(value).at(-1);

/** The filters of lists, dictionaries and texts as a sequence of characters. */
export const sequenceFilters: readonly (readonly [string, SequenceFilter])[] = [
  ["length", length],
  ["count", length],
  ["list", list],
  ["items", entriesOf],
  ["first", first],
  ["last", last],
  ["join", join],
  ["reverse", reverse],
  ["sort", sort],
  ["dictsort", sortDict],
  ["unique", unique],
  ["groupby", groupBy],
  ["select", selecting(true, false)],
  ["reject", selecting(false, false)],
  ["selectattr", selecting(true, true)],
  ["rejectattr", selecting(false, true)],
  ["min", extreme(-1)],
  ["max", extreme(1)],
  ["sum", sum],
  ["batch", batch],
];

/** Reads an attribute for the filter `map`. */
export function mapAttribute(
  value: JinjaValue,
  { path, otherwise }: { path: JinjaValue; otherwise: JinjaValue },
): JinjaValue {
  return itemsIfTrue(value).map((item) => readPath(item, path) ?? otherwise);
}
