import { DEFAULT_LIMITS } from "../core/limits.js";
import { count, size } from "./setting-types.js";

const KIB = 1024;
const MIB = 1024 * KIB;

/** The settings behind those of core/limits.ts that bound what an output may be asked to look like. */
export const OUTPUT_LIMIT_SETTINGS = {
  tools: count({
    name: "max-tools",
    about: "tools of a call",
    default: DEFAULT_LIMITS.tools,
    min: 0,
    max: 1_024,
  }),
  toolCalls: count({
    name: "max-tool-calls",
    about: "calls of tools in one message or output",
    default: DEFAULT_LIMITS.toolCalls,
    min: 1,
    max: 1_024,
  }),
  toolArgumentBytes: size({
    name: "max-tool-argument-size",
    about: "longest arguments of all such calls of one output",
    default: DEFAULT_LIMITS.toolArgumentBytes,
    min: 256,
    max: MIB,
  }),
  schemaBytes: size({
    name: "max-schema-size",
    about: "longest JSON schema",
    default: DEFAULT_LIMITS.schemaBytes,
    min: 64,
    max: MIB,
  }),
  gbnfBytes: size({
    name: "max-gbnf-size",
    about: "longest grammar of a caller's own; 0: none is taken",
    default: DEFAULT_LIMITS.gbnfBytes,
    min: 0,
    max: MIB,
  }),
  choices: count({
    name: "max-choices",
    about: "texts that an output may be one of",
    default: DEFAULT_LIMITS.choices,
    min: 1,
    max: 4_096,
  }),
  choiceBytes: size({
    name: "max-choice-size",
    about: "longest such text",
    default: DEFAULT_LIMITS.choiceBytes,
    min: 1,
    max: 16 * KIB,
  }),
  grammarRules: count({
    name: "max-grammar-rules",
    about: "rules of the grammar that an output is held to",
    default: DEFAULT_LIMITS.grammarRules,
    min: 64,
    max: 65_536,
  }),
  grammarSymbols: count({
    name: "max-grammar-symbols",
    about: "symbols of that grammar, repetitions written out",
    default: DEFAULT_LIMITS.grammarSymbols,
    min: 256,
    max: 1_048_576,
  }),
  grammarNesting: count({
    name: "max-grammar-nesting",
    about: "deepest nesting of a schema or a grammar",
    default: DEFAULT_LIMITS.grammarNesting,
    min: 4,
    max: 128,
  }),
  templateArgumentBytes: size({
    name: "max-template-argument-size",
    about: "longest template_arguments",
    default: DEFAULT_LIMITS.templateArgumentBytes,
    min: 0,
    max: MIB,
  }),
};
