import fc from "fast-check";

/** A schema that refers to itself. */
const NODE = {
  type: "object",
  properties: {
    value: { type: "integer", minimum: -12, maximum: 345 },
    next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
    kin: { type: "array", items: { $ref: "#/$defs/node" }, maxItems: 2 },
  },
  required: ["value"],
  additionalProperties: false,
};

const names = fc.constantFrom("a", "ab", "b", "name", "name_2", 'qu"ote', "é", "", "__x", "c", "d");
const patterns = fc.constantFrom("^[a-c]+$", "^x-", "b$", "^(?:name|a)$", "\\d");
const count = fc.integer({ min: 0, max: 4 });
const few = fc.integer({ min: -1_200, max: 1_200 });
/** Names without `toString` and `valueOf`, since the validator cannot compare objects with such members. */
const json = fc.jsonValue({ maxDepth: 2 }).filter((value) => !/"(?:toString|valueOf)":/.test(JSON.stringify(value)));

function schemaArbitrary(inner: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { depthSize: "small", withCrossShrink: true, maxDepth: 4 },
    { weight: 1, arbitrary: fc.constant(true) },
    { weight: 2, arbitrary: fc.constantFrom({ type: "null" }, { type: "boolean" }, { type: ["string", "null"] }, {}) },
    { weight: 4, arbitrary: strings() },
    { weight: 4, arbitrary: numbers() },
    { weight: 2, arbitrary: fc.array(json, { minLength: 1, maxLength: 5 }).map((values) => ({ enum: values })) },
    { weight: 1, arbitrary: json.map((value) => ({ const: value })) },
    { weight: 1, arbitrary: fc.constantFrom({ $ref: "#/$defs/node" }, { $ref: "#/$defs/tag", description: "a tag" }) },
    { weight: 6, arbitrary: objects(inner) },
    { weight: 4, arbitrary: arrays(inner) },
    { weight: 2, arbitrary: fc.array(inner, { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })) },
    { weight: 2, arbitrary: fc.array(inner, { minLength: 1, maxLength: 3 }).map((oneOf) => ({ oneOf })) },
    { weight: 1, arbitrary: fc.array(inner, { minLength: 1, maxLength: 2 }).map((allOf) => ({ allOf })) },
    { weight: 2, arbitrary: conditions(inner) },
    { weight: 1, arbitrary: inner.map((not) => ({ type: ["string", "integer", "boolean", "null"], not })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(objects(inner), fc.uniqueArray(names, { maxLength: 2 }))
        .map(([one, required]) => ({ ...one, anyOf: [{ required }, {}] })),
    },
  );
}

function strings(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.record(
      { type: fc.constant("string"), minLength: count, maxLength: fc.constantFrom(4, 5, 9, 600, 1_000) },
      { requiredKeys: ["type"] },
    ),
    fc.constantFrom("date", "time", "date-time", "uuid").map((format) => ({ type: "string", format })),
    fc.record(
      {
        type: fc.constant("string"),
        pattern: patterns,
        maxLength: fc.constantFrom(3, 8),
        not: fc.constantFrom({ const: "a" }, { enum: ["ab", "x-1", 3] }, { pattern: "^x" }),
      },
      { requiredKeys: ["type", "pattern"] },
    ),
  );
}

function numbers(): fc.Arbitrary<unknown> {
  const fractional = fc.integer({ min: -500, max: 500 }).map((hundredths) => hundredths / 100);
  const bound = fc.oneof(few, fractional);
  const bounds = { minimum: bound, maximum: bound, exclusiveMinimum: bound, exclusiveMaximum: bound };
  const multipleOf = fc.constantFrom(1, 2, 3, 7, 10, 0.5, 0.25, 0.01);
  return fc.oneof(
    fc.record({ type: fc.constantFrom("integer", "number"), ...bounds }, { requiredKeys: ["type"] }),
    fc.record(
      { type: fc.constantFrom("integer", "number"), multipleOf, ...bounds },
      { requiredKeys: ["type", "multipleOf"] },
    ),
  );
}

function objects(inner: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  return fc.record(
    {
      type: fc.constant("object"),
      properties: fc.dictionary(names, inner, { maxKeys: 5 }),
      required: fc.uniqueArray(names, { maxLength: 3 }),
      additionalProperties: fc.oneof(fc.boolean(), inner),
      patternProperties: fc.dictionary(patterns, inner, { maxKeys: 2 }),
      propertyNames: fc.oneof(
        fc.uniqueArray(names, { minLength: 1 }).map((values) => ({ enum: values })),
        patterns.map((pattern) => ({ pattern, maxLength: 6 })),
      ),
      unevaluatedProperties: fc.oneof(fc.boolean(), inner),
      minProperties: count,
      maxProperties: count,
    },
    { requiredKeys: ["type"] },
  );
}

function arrays(inner: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.record(
    {
      type: fc.constant("array"),
      items: inner,
      prefixItems: fc.array(inner, { minLength: 1, maxLength: 3 }),
      minItems: count,
      maxItems: count,
      uniqueItems: fc.boolean(),
      contains: inner,
    },
    { requiredKeys: ["type"] },
  );
}

/** Conditions on members, each beside the members themselves. */
function conditions(inner: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  // The validator takes an empty name for a missing one in "not".
  const named = names.filter((name) => name !== "");
  const required = fc.uniqueArray(named, { minLength: 1, maxLength: 2 });
  const condition = fc.oneof(
    required.map((listed) => ({ required: listed })),
    fc.tuple(named, inner).map(([name, schema]) => ({ properties: { [name]: schema }, required: [name] })),
  );
  return fc.oneof(
    fc.tuple(objects(inner), condition, objects(inner)).map(([own, test, then]) => ({ ...own, if: test, then })),
    fc

      .tuple(objects(inner), fc.dictionary(named, required, { minKeys: 1, maxKeys: 2 }))
      .map(([own, dependentRequired]) => ({ ...own, dependentRequired })),
    fc.tuple(objects(inner), condition).map(([own, not]) => ({ ...own, not })),
    fc.tuple(objects(inner), fc.tuple(condition, condition)).map(([own, oneOf]) => ({ ...own, oneOf })),
  );
}

/** Generates schemas of the supported subset, and sometimes one that cannot be enforced, as JSON.parse returns them. */
export const randomSchema: fc.Arbitrary<unknown> = fc
  .letrec((tie) => ({ schema: schemaArbitrary(tie("schema")) }))
  .schema.map((schema) => withDefinitions(schema));

function withDefinitions(schema: unknown): unknown {
  const isObject = typeof schema === "object" && schema !== null;
  if (!isObject || !JSON.stringify(schema).includes('"$ref"')) return schema;
  return { ...schema, $defs: { node: NODE, tag: { enum: ["x", "xy", "y"] } } };
}
