import type { Random } from "../../support/random.js";

/** JSON text of a schema, most of it supported. `type`: what it describes at its root; default: anything. */
export function randomSchemaText(random: Random, type?: "object"): string {
  if (random.next() < 0.08) return hostileSchema(random);
  const schema = type === undefined ? randomSchema(random, 3) : randomObject(random, 3);
  const definitions = {
    $defs: { a: randomSchema(random, 1), b: { anyOf: [{ $ref: "#/$defs/a" }, { type: "null" }] } },
  };
  return JSON.stringify(typeof schema === "object" ? { ...schema, ...definitions } : schema);
}

type Schema = boolean | Record<string, unknown>;

function randomSchema(random: Random, depth: number): Schema {
  const roll = random.next();
  if (roll < 0.02) return random.next() < 0.8;
  if (roll < 0.04)
    return { [random.pick(["pattern", "not", "if", "uniqueItems", "multipleOf", "x-own", "$anchor"])]: true };
  if (roll < 0.25 || depth === 0) return randomLeaf(random);
  if (roll < 0.6) return randomObject(random, depth);
  const inner = (): Schema => randomSchema(random, depth - 1);
  const few = (): Schema[] => Array.from({ length: 1 + Math.floor(random.below(3)) }, inner);
  if (roll < 0.75) {
    return {
      type: "array",
      items: inner(),
      ...bounds(random, "minItems", "maxItems"),
      ...maybe(random, "prefixItems", few),
    };
  }
  if (roll < 0.8)
    return { $ref: random.pick(["#", "#/$defs/a", "#/$defs/b", "#/properties/a", "http://other/x", "#/none"]) };
  return { [random.pick(["anyOf", "anyOf", "oneOf", "allOf"])]: few() };
}

function randomObject(random: Random, depth: number): Record<string, unknown> {
  const names = ["a", "b", "name", "name2", 'q"', "漢", "__proto__"].filter(() => random.next() < 0.4);
  const properties = Object.fromEntries(names.map((name) => [name, randomSchema(random, depth - 1)]));
  const required = [...names, "other"].filter((name) => random.next() < (name === "other" ? 0.05 : 0.5));
  return {
    type: "object",
    properties,
    ...maybe(random, "required", () => required),
    ...maybe(random, "additionalProperties", () => (random.next() < 0.7 ? false : randomSchema(random, depth - 1))),
    ...(random.next() < 0.1 ? bounds(random, "minProperties", "maxProperties") : {}),
  };
}

function randomLeaf(random: Random): Schema {
  return random.pick<() => Schema>([
    () => ({ type: "string", ...bounds(random, "minLength", "maxLength") }),
    () => ({ type: "integer", ...bounds(random, "minimum", "maximum") }),
    () => ({ type: "number", ...bounds(random, "exclusiveMinimum", "maximum") }),
    () => ({ type: random.pick(["null", "boolean", "string", "integer", "number", "array", "object", "thing"]) }),
    () => ({ type: ["string", "null"], description: "text" }),
    () => ({ enum: [1, "a", null, { b: [] }, true].filter(() => random.next() < 0.5) }),
    () => ({ const: random.pick<unknown>(["x", 1.5, {}, [1], null]) }),
    () => ({ type: "string", format: random.pick(["date", "time", "date-time", "uuid", "email"]) }),
  ])();
}

function bounds(random: Random, least: string, most: string): Record<string, number> {
  const low = Math.floor(random.below(random.next() < 0.05 ? 1e7 : 20)) - (random.next() < 0.05 ? 30 : 0);
  const high = low + Math.floor(random.below(random.next() < 0.1 ? 1e5 : 30)) - (random.next() < 0.02 ? 40 : 0);
  return { ...maybe(random, least, () => low), ...maybe(random, most, () => high) };
}

function maybe<T>(random: Random, name: string, make: () => T): Record<string, T> {
  return random.next() < 0.5 ? { [name]: make() } : {};
}

function hostileSchema(random: Random): string {
  const many = 1 + Math.floor(random.below(random.next() < 0.2 ? 30_000 : 400));
  const named = (value: unknown): Record<string, unknown> =>
    Object.fromEntries(Array.from({ length: Math.min(many, 3_000) }, (_, index) => [`member${index}`, value]));
  return random.pick([
    () => "[".repeat(many) + "]".repeat(many),
    () => '{"items":'.repeat(many) + "{}" + "}".repeat(many),
    () => '{"allOf":[{"$ref":"#"},'.repeat(Math.min(many, 30)) + "{}" + "]}".repeat(Math.min(many, 30)),
    () => JSON.stringify({ type: "object", properties: named({ type: "string", maxLength: many }) }),
    () => JSON.stringify({ type: "object", properties: named({ type: "null" }), required: Object.keys(named(1)) }),
    () => JSON.stringify({ type: "string", minLength: many, maxLength: many * 3 }),
    () => JSON.stringify({ enum: Array.from({ length: many }, (_, index) => `${index}`) }),
    () => JSON.stringify({ anyOf: Array.from({ length: many }, (_, index) => ({ const: index * 7 })) }),
    () => JSON.stringify(doubling(Math.min(many, 40))),
    () =>
      JSON.stringify({
        type: "array",
        maxItems: many,
        items: { type: "array", maxItems: many, items: { type: "array", maxItems: many } },
      }),
    () =>
      JSON.stringify({
        oneOf: Array.from({ length: Math.min(many, 300) }, (_, index) => ({
          type: "object",
          properties: { k: { const: index } },
          required: ["k"],
        })),
      }),
  ])();
}

/** Each definition means the next one twice. */
function doubling(length: number): unknown {
  const twice = (index: number): unknown => ({ allOf: [{ $ref: `#/$defs/d${index}` }, { $ref: `#/$defs/d${index}` }] });
  const definitions = Array.from(
    { length },
    (_, index) => [`d${index}`, index + 1 < length ? twice(index + 1) : {}] as const,
  );
  return { ...(twice(0) as object), $defs: Object.fromEntries(definitions) };
}
