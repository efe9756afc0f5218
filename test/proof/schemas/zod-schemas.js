/**
 * Schemas with what people use of zod, built with zod 3 and zod 4 alike.
 * `node zod-schemas.js list FOLDER 3|4` prints one line of JSON for each schema, with its name and its JSON Schema.
 * `node zod-schemas.js check FOLDER 3|4` reads lines with the name of a schema and an output, and answers each with a line: the error, or null.
 * FOLDER holds node_modules with zod, and for zod 3 with zod-to-json-schema as well.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [, , command, folder, major] = process.argv;
const require = createRequire(join(folder, "index.js"));
const { z } = require("zod");
const isFour = major === "4";

/** An option of an object that is open in zod 3 and zod 4. */
const open = (shape) => (isFour ? z.looseObject(shape) : z.object(shape).passthrough());
const closed = (shape) => (isFour ? z.strictObject(shape) : z.object(shape).strict());
const recordOf = (key, value) => z.record(key, value);

const tree = z.object({ value: z.number(), children: z.lazy(() => z.array(tree)) });
const comment = z.object({ text: z.string(), reply: z.lazy(() => comment).optional() });
const json = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), recordOf(z.string(), json)]),
);
const expression = z.lazy(() =>
  z.union([z.number(), z.object({ op: z.enum(["+", "*"]), left: expression, right: expression })]),
);
const address = z.object({
  street: z.string(),
  city: z.string(),
  zip: z.string().regex(/^\d{5}$/),
  country: z.string().length(2),
});
const cat = z.object({ type: z.literal("cat"), lives: z.number().int().min(0).max(9) });
const dog = z.object({ type: z.literal("dog"), breed: z.string().optional() });
const bird = z.object({ type: z.literal("bird"), canFly: z.boolean() });
const many = (count, of) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`field${index}`, of(index)]));

const schemas = {
  plain: z.object({ name: z.string(), age: z.number(), isMember: z.boolean() }),
  integers: z.object({
    int: z.number().int(),
    positive: z.number().int().positive(),
    natural: z.number().int().nonnegative(),
  }),
  numbersSigned: z.object({
    positive: z.number().positive(),
    negative: z.number().negative(),
    notMore: z.number().nonpositive(),
  }),
  numbersBounded: z.object({
    percent: z.number().min(0).max(100),
    open: z.number().gt(0).lt(1),
    half: z.number().gte(0.5).lte(2.5),
  }),
  integersBounded: z.object({ port: z.number().int().min(1).max(65535), die: z.number().int().gte(1).lte(6) }),
  multiples: z.object({
    five: z.number().multipleOf(5),
    step: z.number().int().min(0).multipleOf(10),
    half: z.number().multipleOf(0.5),
  }),
  cents: z.object({ price: z.number().nonnegative().multipleOf(0.01) }),
  finite: z.object({ ratio: z.number().finite(), whole: z.number().safe() }),
  stringLengths: z.object({
    short: z.string().min(1).max(10),
    exact: z.string().length(4),
    filled: z.string().nonempty(),
  }),
  email: z.object({ email: z.string().email(), backup: z.string().email().optional() }),
  url: z.object({ url: z.string().url() }),
  uuid: z.object({ id: z.string().uuid() }),
  cuid: z.object({ id: z.string().cuid() }),
  cuid2: z.object({ id: z.string().cuid2() }),
  ulid: z.object({ id: z.string().ulid() }),
  nanoid: z.object({ id: z.string().nanoid() }),
  emoji: z.object({ mood: z.string().emoji() }),
  regexSlug: z.object({ slug: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/) }),
  regexCode: z.object({
    code: z.string().regex(/^[A-Z]{3}-\d{4}$/),
    color: z.string().regex(/^#([0-9a-f]{3}|[0-9a-f]{6})$/),
  }),
  regexUnanchored: z.object({ word: z.string().regex(/foo|bar/), digits: z.string().regex(/\d+/) }),
  regexWithLength: z.object({ key: z.string().regex(/^\w+$/).max(24) }),
  startsWith: z.object({ id: z.string().startsWith("user_"), path: z.string().startsWith("/") }),
  endsWith: z.object({ file: z.string().endsWith(".json") }),
  includes: z.object({ text: z.string().includes("hello") }),
  trimmed: z.object({
    name: z.string().trim().min(1),
    lower: z.string().toLowerCase(),
    upper: z.string().toUpperCase(),
  }),
  datetime: z.object({ at: z.string().datetime() }),
  datetimeOffset: z.object({ at: z.string().datetime({ offset: true }) }),
  datetimePrecise: z.object({ at: z.string().datetime({ precision: 3 }) }),
  date: z.object({ day: z.string().date() }),
  time: z.object({ at: z.string().time() }),
  duration: z.object({ lasts: z.string().duration() }),
  ip: z.object(
    isFour ? { v4: z.ipv4(), v6: z.ipv6() } : { any: z.string().ip(), v4: z.string().ip({ version: "v4" }) },
  ),
  base64: z.object({ data: z.string().base64() }),
  jwt: z.object({ token: z.string().jwt() }),
  cidr: z.object(isFour ? { net: z.cidrv4() } : { net: z.string().cidr({ version: "v4" }) }),
  booleans: z.object({ yes: z.literal(true), any: z.boolean() }),
  nulls: z.object({ nothing: z.null(), maybe: z.string().nullable(), either: z.number().nullish() }),
  literals: z.object({ text: z.literal("on"), number: z.literal(42), flag: z.literal(false) }),
  literalUnion: z.object({
    size: z.union([z.literal("s"), z.literal("m"), z.literal("l")]),
    step: z.union([z.literal(1), z.literal(2)]),
  }),
  enums: z.object({ color: z.enum(["red", "green", "blue"]), one: z.enum(["only"]) }),
  nativeEnum: z.object({
    level: z.nativeEnum({ Low: 1, High: 2, 1: "Low", 2: "High" }),
    word: z.nativeEnum({ A: "a", B: "b" }),
  }),
  enumSubsets: z.object({
    warm: z.enum(["red", "green"]).extract(["red"]),
    rest: z.enum(["a", "b", "c"]).exclude(["a"]),
  }),
  optional: z.object({ a: z.string().optional(), b: z.number().int().optional(), c: z.array(z.string()).optional() }),
  defaults: z.object({
    limit: z.number().int().min(1).max(50).default(10),
    order: z.enum(["asc", "desc"]).default("asc"),
    tags: z.array(z.string()).default([]),
  }),
  nullableOptional: z.object({ note: z.string().nullable().optional(), at: z.string().datetime().nullable() }),
  catches: z.object({ count: z.number().catch(0), name: z.string().catch("none") }),
  readonly: z.object({ tags: z.array(z.string()).readonly() }),
  branded: z.object({ id: z.string().brand("Id"), size: z.number().int().brand("Size") }),
  refined: z.object({
    even: z
      .number()
      .int()
      .refine(() => true),
    text: z.string().superRefine(() => undefined),
  }),
  described: z
    .object({
      city: z.string().describe("The city's name"),
      unit: z.enum(["c", "f"]).describe("Unit of the temperature"),
    })
    .describe("Asks for the weather"),
  piped: z.object({ port: z.number().pipe(z.number().int().min(1)), word: z.string().pipe(z.string().min(2)) }),
  preprocessed: z.object({ name: z.preprocess((value) => value, z.string()) }),
  coerced: z.object({ name: z.coerce.string(), flag: z.coerce.boolean() }),
  arrays: z.object({
    words: z.array(z.string()),
    grid: z.array(z.array(z.number())),
    of: z.array(z.object({ id: z.number().int() })),
  }),
  arraysCounted: z.object({
    some: z.array(z.string()).min(1).max(5),
    three: z.array(z.number().int()).length(3),
    filled: z.array(z.boolean()).nonempty(),
  }),
  tuples: z.object({ pair: z.tuple([z.string(), z.number()]), triple: z.tuple([z.boolean(), z.boolean(), z.null()]) }),
  tupleRest: z.object({ row: z.tuple([z.string()]).rest(z.number()) }),
  sets: z.object({ list: z.array(z.enum(["a", "b", "c"])).max(3) }),
  records: z.object({ scores: recordOf(z.string(), z.number()), names: recordOf(z.string(), z.string()) }),
  recordNested: z.object({ byName: recordOf(z.string(), z.object({ x: z.number(), y: z.number() })) }),
  recordEnum: z.object({
    stock: isFour
      ? z.partialRecord(z.enum(["s", "m"]), z.number().int())
      : recordOf(z.enum(["s", "m"]), z.number().int()),
  }),
  recordPattern: z.object({ env: recordOf(z.string().regex(/^[A-Z_]+$/), z.string()) }),
  recordLength: z.object({ short: recordOf(z.string().min(1).max(8), z.boolean()) }),
  recordRoot: recordOf(z.string(), z.array(z.string())),
  recordUnknown: z.object({ data: recordOf(z.string(), z.unknown()), any: recordOf(z.string(), z.any()) }),
  unions: z.object({
    id: z.union([z.string(), z.number()]),
    value: z.union([z.string(), z.array(z.string()), z.null()]),
  }),
  unionObjects: z.object({ pet: z.union([cat, dog]) }),
  unionOverlapping: z.object({
    value: z.union([z.object({ a: z.string() }), z.object({ a: z.string(), b: z.number() })]),
  }),
  unionRoot: z.union([cat, bird]),
  discriminated: z.object({ pet: z.discriminatedUnion("type", [cat, dog, bird]) }),
  discriminatedList: z.object({ pets: z.array(z.discriminatedUnion("type", [cat, dog])).max(4) }),
  discriminatedRoot: z.discriminatedUnion("type", [cat, dog, bird]),
  intersection: z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() })),
  intersectionInner: z.object({ both: z.object({ id: z.number().int() }).and(z.object({ name: z.string() })) }),
  merged: z.object({ a: z.string() }).extend({ b: z.number().optional() }),
  extended: address.extend({ note: z.string().max(50).optional() }),
  picked: address.pick({ city: true, zip: true }),
  partial: address.partial(),
  partialDeep: z.object({ home: address.partial().optional(), work: address.optional() }),
  strict: closed({ name: z.string(), inner: closed({ id: z.number().int() }).optional() }),
  passthrough: open({ name: z.string() }),
  catchall: z.object({ name: z.string() }).catchall(z.number()),
  nested: z.object({
    user: z.object({ home: address, phones: z.array(z.string().regex(/^\+?[0-9 -]{6,20}$/)).max(3) }),
  }),
  reused: z.object({ from: address, to: address, via: z.array(address) }),
  recursiveTree: tree,
  recursiveOptional: comment,
  recursiveJson: z.object({ value: json }),
  recursiveUnion: z.object({ expression }),
  anything: z.object({ any: z.any(), unknown: z.unknown() }),
  empty: z.object({}),
  emptyClosed: closed({}),
  never: z.object({ a: z.string(), b: z.never().optional() }),
  rootString: z.string().min(1).max(40),
  rootArray: z
    .array(z.object({ name: z.string(), score: z.number().min(0).max(1) }))
    .min(1)
    .max(4),
  rootEnum: z.enum(["yes", "no"]),
  digitNames: z.object({ 10: z.string(), 2: z.number(), name: z.string() }),
  oddNames: z.object({ "with space": z.string(), 'quote"': z.number(), größe: z.number(), "a.b": z.boolean() }),
  unicodeEnum: z.object({ word: z.enum(["né", "名前", "😀", 'a"b', "tab\t"]) }),
  manyOptional: z.object(many(80, () => z.string().optional())),
  manyNullable: z.object(many(40, (index) => (index % 2 === 0 ? z.string() : z.number()).nullable())),
  recipe: z.object({
    name: z.string(),
    ingredients: z.array(z.object({ name: z.string(), amount: z.string() })),
    steps: z.array(z.string()).max(6),
  }),
  extraction: z.object({
    invoice: z.string().regex(/^INV-\d{4,8}$/),
    issued: z.string().date(),
    currency: z.enum(["EUR", "USD"]),
    customer: z.object({ name: z.string(), email: z.string().email().nullable(), site: z.string().url().optional() }),
    lines: z
      .array(z.object({ text: z.string(), quantity: z.number().int().min(1), price: z.number().min(0) }))
      .min(1)
      .max(3),
  }),
  toolArguments: z.object({
    query: z.string().min(1).describe("Search query"),
    maxResults: z.number().int().min(1).max(20).optional().default(5),
    filters: z.object({ after: z.string().date().optional(), tags: z.array(z.string()).optional() }).optional(),
    sort: z.enum(["relevance", "date"]).optional(),
  }),
};

function toJsonSchema(schema) {
  if (isFour) return z.toJSONSchema(schema, { io: "input" });
  return require("zod-to-json-schema").zodToJsonSchema(schema);
}

if (command === "list") {
  for (const [name, schema] of Object.entries(schemas)) {
    console.log(JSON.stringify({ name, schema: toJsonSchema(schema) }));
  }
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    const { name, output } = JSON.parse(line);
    const { success, error } = schemas[name].safeParse(JSON.parse(output));
    console.log(JSON.stringify(success ? null : error.message));
  }
}
