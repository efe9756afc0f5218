/**
 * The schemas that real callers send: those of the tools of public MCP servers, and those that pydantic, zod 3 and zod 4 write. Each goes to a real server as
 * `json_schema`, as the tool that has to be called, and as a tool that may be called. ajv and the library that wrote the schema accept what the default model
 * then writes at temperature 1, and random sentences of the grammars. Usage: npm run proof:schemas [-- --short] [--committed] (python3 with pip, npm, and
 * their registries). The short form, and the long one with --committed, take the committed schemas. The short form asks no library,
 * and judges no call in AUTO.
 */
import { parseArgs } from "node:util";
import { defaultModelPath } from "../support/default-model.js";
import { ServerProcess } from "../support/server-process.js";
import { announce, type Finding, publish } from "./report.js";
import { AskedSchemas, type Group, type Round, SLOTS } from "./schemas/asked-schemas.js";
import { captureCorpus } from "./schemas/capture-corpus.js";
import { type CorpusSchema, describesObject, type List, LISTS, readCorpus } from "./schemas/corpus.js";
import { JudgedOutputs, shareFinding } from "./schemas/judged-outputs.js";
import { LIBRARIES } from "./schemas/libraries.js";
import { randomSentences } from "./schemas/random-sentences.js";
import { SchemaCaller } from "./schemas/schema-caller.js";

const { values: flags } = parseArgs({
  options: { short: { type: "boolean", default: false }, committed: { type: "boolean", default: false } },
});
const MOST_TOKENS = 500;
/** A small model that does not call says much. */
const MOST_TOKENS_IN_AUTO = 200;
/** Answers of each schema beside the arguments of its named call, or one more where it describes no object. */
const ANSWERS = 4;
const SENTENCES = flags.short ? 5 : 100;
/** The short form asks the server for one schema in this number of schemas. */
const SAMPLED = 16;
/** It asks for one in this number of them as a tool, because the prompt of a tool is long. */
const SAMPLED_TOOLS = 8;

const capture = flags.short || flags.committed ? undefined : await captureCorpus();
const corpus = capture?.corpus ?? readCorpus();
const outputs = new JudgedOutputs();
const asked = new AskedSchemas(outputs);

const compiled = new Map<List, number>();
announce(`${SENTENCES} random sentences of the grammar of each of ${corpus.length} schemas`);
for (const one of corpus) {
  const sentences = randomSentences(one, SENTENCES);
  if (sentences === undefined) continue;
  compiled.set(one.list, (compiled.get(one.list) ?? 0) + 1);
  const { texts, isHeld } = sentences;
  for (const text of texts) outputs.add({ one, way: "random sentence", text, isCut: false, isHeld });
}

await using server = await ServerProcess.start({
  flags: [
    ...["--model", await defaultModelPath(), "--slots", String(SLOTS), "--context-tokens", "8192"],
    ...["--queue-per-slot", "64", "--max-queue-wait", "1h", "--max-tool-calls", "2"],
  ],
});
using caller = new SchemaCaller(server.address);
/** Arguments that the model wrote for each schema, which are examples in the conversation of its tool. */
const examples = new Map<CorpusSchema, string>();
const asJson: Round = { way: "json_schema", ask: (one, options) => caller.askForJson(one, options) };
const asTool: readonly Round[] = [
  {
    way: "named call",
    ask: async (one, options) => {
      const answer = await caller.askForCall(one, options);
      if (answer.taken && !answer.isCut) examples.set(one, answer.outputs[0] ?? "{}");
      return answer;
    },
  },
  {
    way: "AUTO",
    ask: (one, options) =>
      caller.offerTool(one, examples.get(one) ?? "{}", { ...options, mostTokens: MOST_TOKENS_IN_AUTO }),
  },
];

if (flags.short) await writeSample();
else await writeAll();

const tools: Group = { who: "MCP tools", list: "mcp" };
const findings: Finding[] = [
  ...(capture === undefined ? [] : [serversFinding(capture)]),
  ...LISTS.map((list) => compiledFinding(list)),
  asked.takenFinding(tools, "json_schema", 99),
  asked.heldFinding(tools, "json_schema", 97),
  asked.takenFinding(tools, "named call", 99),
  asked.heldFinding(tools, "named call", 97),
  asked.takenFinding(tools, "AUTO", 100),
  ...LIBRARIES.map(({ list, version }) => asked.takenFinding({ who: version, list }, "json_schema", 95)),
  outputs.validFinding("json_schema", 100),
  outputs.validFinding("named call", 100),
  outputs.validFinding("random sentence", 100),
  ...(flags.short ? [] : longFindings()),
];
publish({
  name: "schemas",
  command: `npm run proof:schemas${flags.short ? " -- --short" : flags.committed ? " -- --committed" : ""}`,
  seed: undefined,
  short: flags.short,
  findings,
  figures: {
    schemas: Object.fromEntries(LISTS.map((list) => [list, corpus.filter((one) => one.list === list).length])),
    refused: asked.refused.rows,
    notHeld: asked.notHeld.rows,
    invalid: outputs.invalid,
  },
});

async function writeSample(): Promise<void> {
  const sample = corpus.filter((_, index) => index % SAMPLED === 0);
  const tools = sample.filter(describesObject).filter((_, index) => index % SAMPLED_TOOLS === 0);
  announce(`an answer of each of ${sample.length} schemas, and calls of ${tools.length}`);
  await asked.ask(sample, [asJson], { seed: 0, mostTokens: MOST_TOKENS });
  await asked.ask(tools, asTool, { seed: 0, mostTokens: MOST_TOKENS });
}

async function writeAll(): Promise<void> {
  for (let seed = 0; seed < ANSWERS; seed += 1) {
    announce(`answer ${seed + 1} of each schema`);
    await asked.ask(corpus, [asJson], { seed, mostTokens: MOST_TOKENS });
  }
  const objects = corpus.filter(describesObject);
  const others = corpus.filter((one) => !describesObject(one));
  announce(`${objects.length} schemas as tools, and answer ${ANSWERS + 1} of the others`);
  await asked.ask(others, [asJson], { seed: ANSWERS, mostTokens: MOST_TOKENS });
  await asked.ask(objects, asTool, { seed: ANSWERS, mostTokens: MOST_TOKENS });
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
  const of = corpus.filter((one) => one.list === list).length;
  return shareFinding(`schemas that compile, ${list}`, { of, part: compiled.get(list) ?? 0 }, list === "mcp" ? 99 : 95);
}

function serversFinding({ servers, missing }: { servers: number; missing: readonly string[] }): Finding {
  for (const reason of missing) announce(reason);
  const figure = `${servers - missing.length} of ${servers}`;
  const holds = servers - missing.length >= 24;
  return { what: "public MCP servers that gave their tools", figure, bound: "at least 24", holds };
}
