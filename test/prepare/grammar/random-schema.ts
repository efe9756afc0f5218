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
  );
}

function numbers(): fc.Arbitrary<unknown> {
  const bounds = { minimum: few, maximum: few, exclusiveMinimum: few, exclusiveMaximum: few };
  return fc.record({ type: fc.constantFrom("integer", "number"), ...bounds }, { requiredKeys: ["type"] });
}

function objects(inner: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  return fc.record(
    {
      type: fc.constant("object"),
      properties: fc.dictionary(names, inner, { maxKeys: 5 }),
      required: fc.uniqueArray(names, { maxLength: 3 }),
      additionalProperties: fc.oneof(fc.boolean(), inner),
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
    },
    { requiredKeys: ["type"] },
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
