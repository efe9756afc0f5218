import { DEFAULT_LIMITS } from "../core/limits.js";
import { count, size } from "./setting-types.js";

const KIB = 1024;
const MIB = 1024 * KIB;

/** The settings of the limits on tools and constraints. */
export const OUTPUT_LIMIT_SETTINGS = {
  tools: count({
    name: "max-tools",
    about: "tools in a call",
    default: DEFAULT_LIMITS.tools,
    min: 0,
    max: 1_024,
  }),
  toolCalls: count({
    name: "max-tool-calls",
    about: "tool calls in one message or one output",
    default: DEFAULT_LIMITS.toolCalls,
    min: 1,
    max: 1_024,
  }),
  toolArgumentBytes: size({
    name: "max-tool-argument-size",
    about: "size of the arguments of all tool calls in one output",
    default: DEFAULT_LIMITS.toolArgumentBytes,
    min: 256,
    max: MIB,
  }),
  schemaBytes: size({
    name: "max-schema-size",
    about: "longest JSON Schema",
    default: DEFAULT_LIMITS.schemaBytes,
    min: 64,
    max: MIB,
  }),
  gbnfBytes: size({
    name: "max-gbnf-size",
    about: "longest gbnf; 0: the server accepts none",
    default: DEFAULT_LIMITS.gbnfBytes,
    min: 0,
    max: MIB,
  }),
  choices: count({
    name: "max-choices",
    about: "choices in a call",
    default: DEFAULT_LIMITS.choices,
    min: 1,
    max: 4_096,
  }),
  choiceBytes: size({
    name: "max-choice-size",
    about: "longest choice",
    default: DEFAULT_LIMITS.choiceBytes,
    min: 1,
    max: 16 * KIB,
  }),
  grammarRules: count({
    name: "max-grammar-rules",
    about: "rules in a grammar",
    default: DEFAULT_LIMITS.grammarRules,
    min: 64,
    max: 65_536,
  }),
  grammarSymbols: count({
    name: "max-grammar-symbols",
    about: "symbols in a grammar after its repetitions are expanded",
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
