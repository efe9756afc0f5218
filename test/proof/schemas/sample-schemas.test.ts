import assert from "node:assert/strict";
import { type CorpusSchema, LISTS, readCorpus } from "./corpus.js";
import { keywordsOf, sampleSchemas } from "./sample-schemas.js";

describe("The sample of schemas", () => {
  const corpus = readCorpus();
  const ofCorpus = allKeywords(corpus);

  it("has schemas of every list and every keyword of the corpus", () => {
    for (const seed of [0, 1, 2]) {
      const sample = sampleSchemas(corpus, seed);
      assert.deepEqual(allKeywords(sample), ofCorpus);
      for (const list of LISTS) assert.ok(sample.filter((one) => one.list === list).length >= 6, list);
      assert.ok(sample.length < corpus.length / 10, `${sample.length} schemas`);
    }
  });

  it("tells keywords from the names and values that a schema holds", () => {
    const schema = {
      type: "object",
      properties: { pattern: { type: "string", minLength: 1 } },
      enum: [{ format: 1 }],
      anyOf: [{ required: ["a"] }],
    };
    assert.deepEqual(
      new Set(keywordsOf(schema)),
      new Set(["type", "properties", "minLength", "enum", "anyOf", "required"]),
    );
  });
});

function allKeywords(schemas: readonly CorpusSchema[]): Set<string> {
  return new Set(schemas.flatMap(({ schema }) => keywordsOf(schema)).toSorted());
}
