import { Random } from "../../support/random.js";
import type { CorpusSchema, List } from "./corpus.js";

/** Schemas of each list in a sample, at least. */
const LEAST_OF_A_LIST = 6;
/** Keywords whose members are schemas by a name, which is no keyword. */
export const NAMING = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
/** Keywords whose values are no schemas. */
const VALUES = ["enum", "const", "default", "examples", "required", "dependentRequired"];

/** Schemas chosen at random: some of each list, and those that use a keyword which none before them uses. */
export function sampleSchemas(corpus: readonly CorpusSchema[], seed: number): readonly CorpusSchema[] {
  const seen = new Set<string>();
  const chosen = new Map<List, number>();
  return shuffledSchemas(corpus, seed).filter(({ list, schema }) => {
    const ofList = chosen.get(list) ?? 0;
    const keywords = keywordsOf(schema);
    if (ofList >= LEAST_OF_A_LIST && keywords.every((keyword) => seen.has(keyword))) return false;
    chosen.set(list, ofList + 1);
    for (const keyword of keywords) seen.add(keyword);
    return true;
  });
}

export function shuffledSchemas(corpus: readonly CorpusSchema[], seed: number): readonly CorpusSchema[] {
  const random = new Random(seed);
  const ranked = corpus.map((one) => ({ one, rank: random.next() }));
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ one }) => one);
}

/** The keywords of a schema and of the schemas inside it, each as often as it occurs. */
export function keywordsOf(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(keywordsOf);
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]: [string, unknown]) => {
    if (VALUES.includes(keyword)) return [keyword];
    const isNaming = NAMING.includes(keyword) && typeof value === "object" && value !== null;
    return [keyword, ...(isNaming ? Object.values(value).flatMap(keywordsOf) : keywordsOf(value))];
  });
}
