/**
 * How far decoding runs ahead of a reader that stopped, for stock clients: grpc-js here, Python's grpcio and grpc-go as programs of their own. Each reads
 * three messages and then no more; GetLoad tells when decoding stands still, and where, and a relay in between counts what went over the wire.
 * Usage: npm run proof:read-ahead [-- --short] (python3 with grpcio and go on the PATH; about 8 minutes, the short form 1). The short form asks for heavy
 * messages only, which fill a window with fewer tokens, and leaves out whoever has no bound.
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
import { PYTHON_CLIENTS } from "./stopped-reader/python-clients.js";
import type { StockClient } from "./stopped-reader/stopped-reader.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const { short } = flags;
const MESSAGES_READ = 3;
const LOOK_MS = 500;
const STILL_LOOKS = 6;
const CONTEXT_TOKENS = 5_120;
const OUTPUT_TOKENS = 5_000;

const ALL_CLIENTS = [GRPC_JS_CLIENT, GO_CLIENT, ...PYTHON_CLIENTS];
const CLIENTS = short ? ALL_CLIENTS.filter(({ mostWireBytes }) => mostWireBytes !== undefined) : ALL_CLIENTS;
const OUTPUTS = {
  "text alone": {},
  "text and log-probabilities": { logprobs: 20, token_bytes: true },
} as const;
type OutputName = keyof typeof OUTPUTS;
const OUTPUT_NAMES: readonly OutputName[] = short
  ? ["text and log-probabilities"]
  : ["text alone", "text and log-probabilities"];

/** Where decoding stood still, or came to its end. */
interface Standstill {
  readonly atEnd: boolean;
  readonly decodedTokens: number;
  /** In messages that the HTTP/2 window took; what is beyond them is the credit of the run. */
  readonly deliveredTokens: number;
  readonly wireBytes: number;
}

const findings: Finding[] = [];
const figures: (Standstill & { readonly client: string; readonly messages: OutputName })[] = [];
await using server = await ServerProcess.start({
  flags: [
    ...["--model", await defaultModelPath(), "--slots", "1", "--context-tokens", String(CONTEXT_TOKENS)],
    // Tokens that come together share a message, and take less of a window each.
    ...["--speculation", "off"],
  ],
});
using observer = new RuntimeClient(server.address);
for (const client of CLIENTS) {
  for (const output of OUTPUT_NAMES) await measure(client, output);
}
publish({
  name: "read-ahead",
  command: `npm run proof:read-ahead${short ? " -- --short" : ""}`,
  seed: undefined,
  short,
  findings,
  figures,
});

async function measure(client: StockClient, messages: OutputName): Promise<void> {
  announce(`${client.name}, ${messages}`);
  const request = {
    prompt: "The history of rivers, told at length:",
    sampling: { temperature: 0 },
    stopping: { max_output_tokens: OUTPUT_TOKENS, ignore_end_of_generation: true },
    output: OUTPUTS[messages],
    delivery: { slow_reader_limit: { seconds: 300 } },
  };
  await using relay = await CountingRelay.start(server.address);
  let ahead: Standstill;
  {
    await using _reader = await client.open({ address: relay.address, request, messages: MESSAGES_READ });
    ahead = await standstill(relay);
  }
  while ((await observer.load()).slots_busy > 0) await delay(50);
  figures.push({ client: client.name, messages, ...ahead });
  const { mostWireBytes } = client;
  if (mostWireBytes === undefined) return;
  findings.push({
    what: `${client.name}, ${messages}: decoded for a reader that stopped after ${MESSAGES_READ} messages`,
    figure: `${ahead.decodedTokens} tokens, ${inKibibytes(ahead.wireBytes)} on the wire${ahead.atEnd ? ", the whole output" : ""}`,
    bound: `stands still at ${inKibibytes(mostWireBytes)} or less`,
    holds: !ahead.atEnd && ahead.wireBytes <= mostWireBytes,
  });
}

/** Resolves once the run is parked and has decoded nothing for a while, or has come to its end. */
async function standstill(relay: CountingRelay): Promise<Standstill> {
  let still = 0;
  let before = -1;
  for (;;) {
    const [generation] = (await observer.load()).generations;
    const { receivedBytes: wireBytes } = relay;
    if (generation === undefined) {
      return { atEnd: true, decodedTokens: OUTPUT_TOKENS, deliveredTokens: OUTPUT_TOKENS, wireBytes };
    }
    const { decoded_tokens: decoded, delivered_tokens: delivered, state } = generation;
    still = state === "GENERATION_STATE_PARKED" && decoded === before ? still + 1 : 0;
    before = decoded;
    if (still === STILL_LOOKS) {
      return { atEnd: false, decodedTokens: decoded, deliveredTokens: delivered, wireBytes };
    }
    await delay(LOOK_MS);
  }
}

function inKibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(0)} KiB`;
}
