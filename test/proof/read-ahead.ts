/**
 * How far decoding runs ahead of a reader that stopped, for stock clients: grpc-js here, Python's grpcio and grpc-go as programs of their own. Each reads
 * three messages of a 4,000-token generation and then no more; GetLoad tells when decoding stands still, and where.
 * Usage: npm run proof:read-ahead [-- --short] (python3 with grpcio and go on the PATH; a client that cannot run is skipped with a line).
 */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { defaultModelPath } from "../support/default-model.js";
import { encodedBytes, encodeRequest, RuntimeClient, type StreamMessage } from "../support/runtime-client.js";
import { ServerProcess } from "../support/server-process.js";
import { announce, publish, type Finding } from "./report.js";

const { values: flags } = parseArgs({ options: { short: { type: "boolean", default: false } } });
const MESSAGES_READ = 3;
/** Length prefix of a gRPC message and the header of the HTTP/2 frame that carries it. */
const FRAMING_BYTES = 5 + 9;
const STILL_MS = 5_000;
const OUTPUT_TOKENS = 4_000;

const request = {
  prompt: "The history of rivers, told at length:",
  sampling: { temperature: 0 },
  stopping: { max_output_tokens: OUTPUT_TOKENS, ignore_end_of_generation: true },
  delivery: { slow_reader_limit: { seconds: 120 } },
};

/** A client that has stopped reading. Disposing ends its call. */
type StoppedReader = AsyncDisposable;

const clients: readonly { readonly name: string; readonly open: (address: string) => Promise<StoppedReader> }[] = [
  { name: "@grpc/grpc-js", open: openGrpcJs },
  {
    name: "Python grpcio",
    open: (address) => openProgram("python3", ["test/proof/clients/stopping_reader.py"], address),
  },
  { name: "grpc-go", open: openGo },
];

const model = await defaultModelPath();
const findings: Finding[] = [];
await using server = await ServerProcess.start({ flags: ["--model", model, "--slots", "1"] });
using observer = new RuntimeClient(server.address);
const messageBytes = await meanMessageBytes(observer);
for (const client of clients) {
  let reader: StoppedReader;
  try {
    reader = await client.open(server.address);
  } catch (error) {
    console.log(`skipped: ${client.name}: ${error instanceof Error ? error.message : String(error)}`);
    continue;
  }
  const ahead = await standstill(observer);
  await reader[Symbol.asyncDispose]();
  await slotFree(observer);
  const finding: Finding = {
    what: `${client.name}: decoded ahead of a reader that stopped after ${MESSAGES_READ} messages`,
    figure:
      ahead === undefined
        ? `all ${OUTPUT_TOKENS} tokens, about ${((OUTPUT_TOKENS * messageBytes) / 1024).toFixed(0)} KiB on the wire: its window is larger`
        : `${ahead.tokens} tokens, about ${(ahead.bytes / 1024).toFixed(0)} KiB on the wire`,
    bound: "less than the whole: it stands still",
    holds: ahead !== undefined,
  };
  announce(`${finding.what}: ${finding.figure}`);
  findings.push(finding);
}
publish({ name: "read-ahead", command: "npm run proof:read-ahead", seed: undefined, short: flags.short, findings });

/** What one message of one token takes on the wire, as a reader in pace gets them. */
async function meanMessageBytes(client: RuntimeClient): Promise<number> {
  const stream = client.generateStream({
    ...request,
    stopping: { max_output_tokens: 300, ignore_end_of_generation: true },
  });
  let bytes = 0;
  let chunks = 0;
  for await (const message of stream as AsyncIterable<StreamMessage>) {
    if (message.event !== "chunk") continue;
    bytes += encodedBytes(message) + FRAMING_BYTES;
    chunks += 1;
  }
  return bytes / chunks;
}

/** Resolves once the count of decoded tokens has not moved for a while; undefined where the generation came to its end instead. */
async function standstill(client: RuntimeClient): Promise<{ tokens: number; bytes: number } | undefined> {
  for (let before = -1; ;) {
    const { generations } = await client.load();
    const [generation] = generations;
    if (generation === undefined) return undefined;
    if (generation.decoded_tokens > 0 && generation.decoded_tokens === before) {
      return { tokens: before, bytes: generation.delivered_tokens * messageBytes };
    }
    before = generation.decoded_tokens;
    await delay(STILL_MS);
  }
}

async function slotFree(client: RuntimeClient): Promise<void> {
  while ((await client.load()).slots_busy > 0) await delay(50);
}

async function openGrpcJs(address: string): Promise<StoppedReader> {
  const client = new RuntimeClient(address);
  const stream = client.generateStream(request);
  // The cancel at the end arrives as an error, which is what was asked for.
  stream.on("error", () => undefined);
  let read = 0;
  await new Promise<void>((resolve) => {
    stream.on("data", () => {
      read += 1;
      if (read < MESSAGES_READ) return;
      stream.pause();
      resolve();
    });
  });
  return {
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => stream.on("status", resolve));
      stream.cancel();
      stream.resume();
      await ended;
      client[Symbol.dispose]();
    },
  };
}

async function openGo(address: string): Promise<StoppedReader> {
  const folder = await mkdtemp(join(tmpdir(), "rill-go-"));
  const program = join(folder, "stopping-reader");
  await promisify(execFile)("go", ["build", "-o", program, "."], { cwd: "test/proof/clients/stopping-reader-go" });
  return await openProgram(program, [], address);
}

async function openProgram(command: string, args: readonly string[], address: string): Promise<StoppedReader> {
  const encoded = encodeRequest("rill.v1.GenerationService/GenerateStream", request).toString("hex");
  const child = spawn(command, [...args, address, encoded, String(MESSAGES_READ)], { stdio: ["pipe", "pipe", "pipe"] });
  await stopped(child);
  return {
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.stdin.end();
      await exited;
    },
  };
}

/** Resolves when the program says that it has stopped reading. @throws Error with its complaint where it ends before. */
async function stopped(child: ChildProcess): Promise<void> {
  let complaint = "";
  child.stderr?.on("data", (text: Buffer) => (complaint = (complaint + text.toString()).slice(-500)));
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      reject(new Error(complaint));
    });
    if (child.stdout === null) throw new Error("no output to read");
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("stopped ")) resolve();
    });
  });
}
