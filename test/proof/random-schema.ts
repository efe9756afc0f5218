import type { Random } from "../support/random.js";

export type Schema = Readonly<Record<string, unknown>>;

const WORDS = ["name", "size", "colour", "count", "place", "when", "kind", "note", "part", "owner", "tags", "ok"];
const DEEPEST = 3;

/** The schema of an object with nested, optional and repeated members, whose every output is short: strings and lists are bounded. */
export function randomObjectSchema(random: Random, depth = 0): Schema {
  const names = shuffled(random, WORDS).slice(0, 1 + Math.floor(random.below(5)));
  const properties = Object.fromEntries(names.map((name) => [name, randomSchema(random, depth + 1)]));
  const required = names.filter(() => random.next() < 0.6);
  return { type: "object", properties, required, additionalProperties: false };
}

function randomSchema(random: Random, depth: number): Schema {
  const deep = depth >= DEEPEST;
  const kinds = [
    "string",
    "integer",
    "number",
    "boolean",
    "enum",
    "const",
    ...(deep ? [] : ["object", "array", "either"]),
  ];
  switch (random.pick(kinds)) {
    case "string":
      return {
        type: "string",
        ...(random.next() < 0.3 ? { minLength: 2 } : {}),
        maxLength: 4 + Math.floor(random.below(12)),
      };
    case "integer":
      return random.next() < 0.5
        ? { type: "integer", minimum: 0, maximum: 10 ** Math.ceil(random.below(4)) }
        : { type: "integer" };
    case "number":
      return { type: "number" };
    case "boolean":
      return { type: "boolean" };
    case "enum":
      return {
        enum: shuffled(random, ["red", "green", "blue", 1, 2.5, null, true, 'a "b"\n']).slice(
          0,
          1 + Math.floor(random.below(4)),
        ),
      };
    case "const":
      return { const: random.pick<unknown>(["fixed", 42, false, ["x", 1]]) };
    case "object":
      return randomObjectSchema(random, depth);
    case "array": {
      const minItems = Math.floor(random.below(2));
      return {
        type: "array",
        items: randomSchema(random, depth + 1),
        minItems,
        maxItems: minItems + 1 + Math.floor(random.below(3)),
      };
    }
    default:
      return { anyOf: [randomSchema(random, depth + 1), { type: "null" }] };
  }
}

/** A few texts, some of which begin others. */
export function randomChoices(random: Random): readonly string[] {
  const texts = [
    "yes",
    "no",
    "yes, but",
    "maybe",
    "never",
    "no way",
    "Paris",
    "Pa",
    "42",
    "4",
    "ümlaut",
    "a b c",
    "{}",
  ];
  return shuffled(random, texts).slice(0, 1 + Math.floor(random.below(6)));
}

function shuffled<T>(random: Random, from: readonly T[]): T[] {
  return from
    .map((value) => ({ value, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
