/**
 * How far decoding runs ahead of a reader that stopped, for stock clients: grpc-js here, Python's grpcio and grpc-go as programs of their own. Each reads
 * three messages and then no more; GetLoad tells when decoding stands still, and where, and a relay in between counts what went over the wire.
 * Usage: npm run proof:read-ahead [-- --short] (python3 with grpcio and go on the PATH; about 10 minutes, the short form 1). The short form asks for heavy
 * messages only, which fill a window with fewer tokens.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { defaultModelPath } from "../support/default-model.js";
import { RuntimeClient } from "../support/runtime-client.js";
import { ServerProcess } from "../support/server-process.js";
import { announce, type Finding, publish } from "./report.js";
import { CountingRelay } from "./stopped-reader/counting-relay.js";
import { GO_CLIENT } from "./stopped-reader/go-client.js";
import { GRPC_JS_CLIENT } from "./stopped-reader/grpc-js-client.js";
import { PYTHON_CLIENT } from "./stopped-reader/python-client.js";
import type { StockClient } from "./stopped-reader/stopped-reader.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const { short } = flags;
const MESSAGES_READ = 3;
const LOOK_MS = 500;
const STILL_LOOKS = 6;
const CONTEXT_TOKENS = 8_192;
const OUTPUT_TOKENS = 8_000;
/** HTTP/2's first window is 65,535 bytes; a client whose reader has stopped may hold as much again in its own buffers. */
const MOST_WIRE_BYTES = 128 * 1024;

const CLIENTS = [GRPC_JS_CLIENT, PYTHON_CLIENT, GO_CLIENT];
const OUTPUTS = {
  "text alone": {},
  "token ids, usage and timings": { token_ids: true, usage: true, timings: true },
} as const;
type OutputName = keyof typeof OUTPUTS;
const OUTPUT_NAMES: readonly OutputName[] = short
  ? ["token ids, usage and timings"]
  : ["text alone", "token ids, usage and timings"];

/** Where decoding stood still. */
interface Standstill {
  readonly decodedTokens: number;
  /** In messages that the HTTP/2 window took; what is beyond them is the credit of the run. */
  readonly deliveredTokens: number;
  readonly wireBytes: number;
}

const findings: Finding[] = [];
const figures: (Standstill & { readonly client: string; readonly messages: OutputName })[] = [];
await using server = await ServerProcess.start({
  flags: ["--model", await defaultModelPath(), "--slots", "1", "--context-tokens", String(CONTEXT_TOKENS)],
});
using observer = new RuntimeClient(server.address);
for (const client of CLIENTS) {
  for (const output of OUTPUT_NAMES) findings.push(await measure(client, output));
}
publish({
  name: "read-ahead",
  command: `npm run proof:read-ahead${short ? " -- --short" : ""}`,
  seed: undefined,
  short,
  findings,
  figures,
});

async function measure(client: StockClient, messages: OutputName): Promise<Finding> {
  announce(`${client.name}, ${messages}`);
  const request = {
    prompt: "The history of rivers, told at length:",
    sampling: { temperature: 0 },
    stopping: { max_output_tokens: OUTPUT_TOKENS, ignore_end_of_generation: true },
    output: OUTPUTS[messages],
    delivery: { slow_reader_limit: { seconds: 300 } },
  };
  await using relay = await CountingRelay.start(server.address);
  let ahead: Standstill | undefined;
  {
    await using _reader = await client.open({ address: relay.address, request, messages: MESSAGES_READ });
    ahead = await standstill(relay);
  }
  while ((await observer.load()).slots_busy > 0) await delay(50);
  if (ahead !== undefined) figures.push({ client: client.name, messages, ...ahead });
  return {
    what: `${client.name}, ${messages}: decoded for a reader that stopped after ${MESSAGES_READ} messages`,
    figure:
      ahead === undefined
        ? `all ${OUTPUT_TOKENS} tokens`
        : `${ahead.decodedTokens} tokens, ${(ahead.wireBytes / 1024).toFixed(0)} KiB on the wire`,
    bound: `stands still at ${MOST_WIRE_BYTES / 1024} KiB or less`,
    holds: ahead !== undefined && ahead.wireBytes <= MOST_WIRE_BYTES,
  };
}

/** Resolves once the run is parked and has decoded nothing for a while; undefined where it came to its end instead. */
async function standstill(relay: CountingRelay): Promise<Standstill | undefined> {
  let still = 0;
  let before = -1;
  while (still < STILL_LOOKS) {
    const [generation] = (await observer.load()).generations;
    if (generation === undefined) return undefined;
    const { decoded_tokens: decoded, delivered_tokens: delivered, state } = generation;
    still = state === "GENERATION_STATE_PARKED" && decoded === before ? still + 1 : 0;
    before = decoded;
    if (still === STILL_LOOKS) {
      return { decodedTokens: decoded, deliveredTokens: delivered, wireBytes: relay.receivedBytes };
    }
    await delay(LOOK_MS);
  }
  return undefined;
}
