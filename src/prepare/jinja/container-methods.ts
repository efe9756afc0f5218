import { showHidden } from "./hidden-chars.js";
import { areEqual, type CallArguments, itemsOf, type JinjaDict, type JinjaValue, Tuple } from "./values.js";
import { takeSteps } from "./render-work.js";

export type Method<T> = (object: T, args: CallArguments) => JinjaValue;

/** The methods of dictionaries, as Python has them. */
export const dictMethods: ReadonlyMap<string, Method<JinjaDict>> = new Map<string, Method<JinjaDict>>([
  ["get", (dict, args) => getKey(dict, args.take(0, "key"), args.take(1, "default", null))],
  ["items", (dict) => [...membersOf(dict)].map((entry) => new Tuple(entry))],
  ["keys", (dict) => [...membersOf(dict).keys()]],
  ["values", (dict) => [...membersOf(dict).values()]],
  ["copy", (dict) => new Map(membersOf(dict))],
]);

/** The member of a key, which a template may spell with what is hidden in the dictionary's own key. */
export function getKey(dict: JinjaDict, key: JinjaValue, otherwise: JinjaValue): JinjaValue {
  const known = typeof key === "string" && !dict.has(key) ? showHidden(key) : key;
  return dict.has(known) ? dict.get(known) : otherwise;
}

/**
 * The methods of lists, as Python has them. The sandbox of transformers refuses those that change a list. Kimi K2 collects the ids of its calls with them, and
 * a list belongs to one rendering only.
 */
export const listMethods: ReadonlyMap<string, Method<readonly JinjaValue[]>> = new Map<
  string,
  Method<readonly JinjaValue[]>
>([
  ["count", (list, args) => list.filter((item) => areEqual(item, args.take(0, "value"))).length],
  ["index", (list, args) => list.findIndex((item) => areEqual(item, args.take(0, "value")))],
  ["copy", (list) => [...itemsOf(list)]],
  ["append", changing((list, args) => void list.push(args.take(0, "object")))],
  ["extend", changing((list, args) => extend(list, itemsOf(args.take(0, "iterable"))))],
  ["insert", changing((list, args) => void list.splice(args.integer(0, "index", 0), 0, args.take(1, "object")))],
  ["pop", changing((list, args) => takeOut(list, args.integer(0, "index", -1)))],
]);

/** The members of a dictionary, each of which counts as a step. */
function membersOf(dict: JinjaDict): JinjaDict {
  takeSteps(dict.size);
  return dict;
}

/** Adds the items that were there at the beginning, since a list may be extended by itself. */
function extend(list: JinjaValue[], items: readonly JinjaValue[]): undefined {
  for (const item of [...items]) list.push(item);
  return undefined;
}

/** The number of items that a list moves in the time of one step. */
const MOVED_IN_A_STEP = 64;

function changing(change: (list: JinjaValue[], args: CallArguments) => JinjaValue): Method<readonly JinjaValue[]> {
  return (list, args) => {
    // A change in the middle moves the items after it, which is fast.
    takeSteps(1 + Math.ceil(list.length / MOVED_IN_A_STEP));
    return change(list as JinjaValue[], args) ?? null;
  };
}

function takeOut(list: JinjaValue[], index: number): JinjaValue {
  if (index >= list.length || index < -list.length) throw new TypeError("pop() finds no item there");
  return list.splice(index, 1)[0];
}
