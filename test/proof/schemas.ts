/**
 * The schemas that real callers send: those of the tools of public MCP servers, and those that pydantic, zod 3 and zod 4 write. Each goes to a real server as
 * `json_schema`, as the tool that has to be called, and as a tool that may be called. ajv and the library that wrote the schema accept what the default model
 * then writes at temperature 1, and random sentences of the grammars. Usage: npm run proof:schemas [-- --short] [--committed] [--journal FILE]
 * [--schemas N]. Without --committed it captures the schemas anew, by python3 with pip, npm, and their registries. A run that is interrupted goes on with the
 * same journal. --schemas takes the first N schemas of a random order. The short form takes a sample of the committed schemas, asks no library, and judges neither
 * calls in AUTO nor the shares that the server takes.
 */
import { parseArgs } from "node:util";
import { defaultModelPath } from "../support/default-model.js";
import { ServerProcess } from "../support/server-process.js";
import { announce, type Finding, publish } from "./report.js";
import { AnswerJournal } from "./schemas/answer-journal.js";
import { AskedSchemas, type Group, type Round, SLOTS } from "./schemas/asked-schemas.js";
import { captureCorpus } from "./schemas/capture-corpus.js";
import { type CorpusSchema, describesObject, type List, LISTS, readCorpus } from "./schemas/corpus.js";
import { JudgedOutputs, shareFinding } from "./schemas/judged-outputs.js";
import { LIBRARIES } from "./schemas/libraries.js";
import { randomSentences } from "./schemas/random-sentences.js";
import { sampleSchemas, shuffledSchemas } from "./schemas/sample-schemas.js";
import { type Answer, SchemaCaller } from "./schemas/schema-caller.js";
import type { SourceRow } from "./schemas/source-row.js";

const { values: flags } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    committed: { type: "boolean", default: false },
    journal: { type: "string" },
    schemas: { type: "string" },
  },
});
/** The first answer to each schema has this seed, and the next ones those that follow. */
const SEED = 0;
const MOST_TOKENS = 300;
/** A small model that does not call says much. */
const MOST_TOKENS_IN_AUTO = 200;
/** Answers of each schema beside the arguments of its named call, or one more where it describes no object. */
const ANSWERS = flags.short ? 1 : 4;
const SENTENCES = flags.short ? 2 : 100;
/** The short form asks for one in this number of its schemas as a tool, because the prompt of a tool is long. */
const SAMPLED_TOOLS = flags.short ? 5 : 1;
/** Schemas that are asked for as answers, then as tools: prompts of one kind begin alike, and the slots keep that beginning. */
const SIDE_BY_SIDE = 30;

const capture = flags.short || flags.committed ? undefined : await captureCorpus();
const corpus = capture?.corpus ?? readCorpus();
const outputs = new JudgedOutputs();
const journal = flags.journal === undefined ? undefined : new AnswerJournal(flags.journal);
const asked = new AskedSchemas(outputs, journal);

/** The schemas that compile, and whether their grammars hold them whole. */
const compiled = new Map<CorpusSchema, boolean>();
announce(`${SENTENCES} random sentences of the grammar of each of ${corpus.length} schemas`);
for (const one of corpus) {
  const sentences = randomSentences(one, SENTENCES);
  if (sentences.refusal !== undefined) {
    asked.refused.addRefusal(one, [sentences.refusal]);
    continue;
  }
  asked.notHeld.addNotHeld(one, sentences.notHeld);
  const isHeld = sentences.notHeld.length === 0;
  compiled.set(one, isHeld);
  for (const text of sentences.texts) outputs.add({ one, way: "random sentence", text, isCut: false, isHeld });
}

await using server = await ServerProcess.start({
  flags: [
    ...["--model", await defaultModelPath(), "--slots", String(SLOTS), "--context-tokens", "8192"],
    ...["--queue-per-slot", "64", "--max-queue-wait", "1h", "--max-tool-calls", "2"],
    // The proof may run beside other work, with the lowest priority.
    ...["--step-limit", "10m"],
  ],
});
using caller = new SchemaCaller(server.address);
/** Objects that the model wrote for each schema, which are arguments of earlier calls in the conversation of its tool. */
const examples = new Map<CorpusSchema, string[]>();
const jsonRounds: readonly Round[] = Array.from({ length: ANSWERS + 1 }, (_, index) => ({
  way: "json_schema",
  options: { seed: SEED + index, mostTokens: MOST_TOKENS },
  ask: async (one, options) => noteExample(one, await caller.askForJson(one, options)),
}));
const toolRounds: readonly Round[] = [
  {
    way: "named call",
    options: { seed: SEED + ANSWERS, mostTokens: MOST_TOKENS },
    ask: async (one, options) => noteExample(one, await caller.askForCall(one, options)),
  },
  {
    way: "AUTO",
    options: { seed: SEED + ANSWERS, mostTokens: MOST_TOKENS_IN_AUTO },
    ask: (one, options) => caller.offerTool(one, examples.get(one)?.slice(-2) ?? ["{}"], options),
  },
];

const sample = flags.short
  ? sampleSchemas(corpus, SEED)
  : shuffledSchemas(corpus, SEED).slice(0, flags.schemas === undefined ? undefined : Number(flags.schemas));
const sampledTools = new Set(sample.filter(describesObject).filter((_, index) => index % SAMPLED_TOOLS === 0));
announce(`${ANSWERS} answers of each of ${sample.length} schemas, and calls of ${sampledTools.size}`);
const startMs = performance.now();
for (let done = 0; done < sample.length; done += SIDE_BY_SIDE) {
  const part = sample.slice(done, done + SIDE_BY_SIDE);
  await asked.ask(part, jsonRoundsOf);
  await asked.ask(part.filter(isTool), () => toolRounds);
  announce(`${done + part.length} of ${sample.length} schemas`);
}
const seconds = Math.round((performance.now() - startMs) / 1000);
announce(`${asked.outputTokens} tokens in ${seconds} s`);

const tools: Group = { who: "MCP tools", list: "mcp" };
const findings: Finding[] = [
  ...(capture === undefined ? [] : [serversFinding(capture)]),
  ...LISTS.map((list) => compiledFinding(list)),
  ...(flags.short ? [] : shareFindings()),
  asked.takenFinding(tools, "AUTO", 100),
  outputs.validFinding("json_schema", 100),
  outputs.validFinding("named call", 100),
  outputs.validFinding("random sentence", 100),
  ...(flags.short ? [] : longFindings()),
];
publish({
  name: "schemas",
  command: `npm run proof:schemas${flags.short ? " -- --short" : flags.committed ? " -- --committed" : ""}${flags.schemas === undefined ? "" : ` --schemas ${flags.schemas}`}`,
  seed: SEED,
  short: flags.short,
  findings,
  figures: {
    sources: LISTS.map(sourceRow),
    refused: asked.refused.rows,
    notHeld: asked.notHeld.rows,
    invalid: outputs.invalid,
  },
});

function isTool(one: CorpusSchema): boolean {
  return sampledTools.has(one);
}

function jsonRoundsOf(one: CorpusSchema): readonly Round[] {
  return isTool(one) || flags.short ? jsonRounds.slice(0, ANSWERS) : jsonRounds;
}

function noteExample(one: CorpusSchema, answer: Answer): Answer {
  const [text] = answer.taken && !answer.isCut ? answer.outputs : [];
  if (text !== undefined) examples.set(one, [...(examples.get(one) ?? []), text]);
  return answer;
}

/** The shares that the server takes. The sample of the short form has every rare keyword, so it says nothing of them. */
function shareFindings(): readonly Finding[] {
  return [
    asked.takenFinding(tools, "json_schema", 99),
    asked.heldFinding(tools, "json_schema", 97),
    asked.takenFinding(tools, "named call", 99),
    asked.heldFinding(tools, "named call", 97),
    ...LIBRARIES.map(({ list, version }) => asked.takenFinding({ who: version, list }, "json_schema", 95)),
  ];
}

/** A sample is too small for these shares. */
function longFindings(): Finding[] {
  return [
    outputs.validFinding("AUTO", 99),
    ...LIBRARIES.map((library) => outputs.libraryFinding(library)),
    outputs.cutFinding(MOST_TOKENS),
  ];
}

function compiledFinding(list: List): Finding {
  const { schemas, taken } = sourceRow(list);
  return shareFinding(`schemas that compile, ${list}`, { of: schemas, part: taken }, list === "mcp" ? 99 : 95);
}

function serversFinding({ servers, missing }: { servers: number; missing: readonly string[] }): Finding {
  for (const reason of missing) announce(reason);
  const figure = `${servers - missing.length} of ${servers}`;
  const holds = servers - missing.length >= 24;
  return { what: "public MCP servers that gave their tools", figure, bound: "at least 24", holds };
}

function sourceRow(list: List): SourceRow {
  const taken = [...compiled].filter(([one]) => one.list === list);
  const calls = asked.answersOf(list, "named call");
  return {
    source: list,
    schemas: corpus.filter((one) => one.list === list).length,
    taken: taken.length,
    heldWhole: taken.filter(([, isHeld]) => isHeld).length,
    sentences: outputs.countOf(list, ["random sentence"]),
    asked: asked.answersOf(list, "json_schema").length,
    tools: calls.length,
    toolsTaken: calls.filter((answer) => answer.taken).length,
    held: outputs.countOf(list, ["json_schema", "named call"]),
    auto: outputs.countOf(list, ["AUTO"]),
  };
}
