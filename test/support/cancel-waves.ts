import { setTimeout as delay } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import type { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { textOf } from "./generation-text.js";
import { messageOf, promptRequest, resultOf, type TestClient } from "./test-client.js";

/** The prompt of every stream; the engine echoes it for ever. */
const PROMPT = "ab";
const INNOCENTS = 3;
/** A stream that is to be cancelled would last for much longer than its wave. */
const VICTIM_TOKENS = 2_000;
const NEWCOMER_TOKENS = 3;
const INNOCENT_TOKENS = 60;

/** Calls that would last until they are cancelled. */
export type VictimKind = "GenerateStream" | "Generate" | "Health.Watch";

export interface WaveOptions {
  /** The streams are spread evenly over the connections of these clients. */
  readonly clients: readonly TestClient[];
  readonly waves: number;
  /** How many streams each wave cancels at once, and how many newcomers take their place. */
  readonly streams: number;
  /** What the cancelled calls are. Default GenerateStream. */
  readonly victims?: VictimKind;
  /** From the end of a wave to the next one. Default 0. */
  readonly pauseMs?: number;
}

export interface WavesSeen {
  /** Streams of innocents that ended, one after another on each of three lanes. */
  readonly innocents: number;
  readonly newcomers: number;
  /** A sentence for each stream that was not whole. */
  readonly broken: readonly string[];
}

/**
 * Waves of streams that are all cancelled in one turn of the event loop and replaced in the same turn by as many newcomers, beside three innocent streams.
 * A newcomer or an innocent is whole when it ends OK with all of its tokens. Stops after the first wave in which a stream breaks.
 */
export async function runCancelWaves(options: WaveOptions): Promise<WavesSeen> {
  const { clients, waves, streams, victims: kind = "GenerateStream", pauseMs = 0 } = options;
  const broken: string[] = [];
  let innocents = 0;
  let newcomers = 0;
  let over = false;

  const keepInnocent = async (lane: number): Promise<void> => {
    while (!over) {
      const problem = await runWhole(clientAt(clients, lane), INNOCENT_TOKENS);
      if (problem !== undefined) broken.push(`an innocent of lane ${lane}: ${problem}`);
      innocents += 1;
    }
  };
  const lanes = Array.from({ length: INNOCENTS }, (_, lane) => keepInnocent(lane));

  for (let wave = 1; wave <= waves && broken.length === 0; wave += 1) {
    const victims = Array.from({ length: streams }, (_, index) => openVictim(clientAt(clients, index), kind));
    for (const opened of await Promise.allSettled(victims.map(({ underWay }) => underWay))) {
      if (opened.status === "rejected")
        broken.push(`a call before the cancel of wave ${wave}: ${String(opened.reason)}`);
    }
    for (const { cancel } of victims) cancel();
    const replaced = Array.from({ length: streams }, (_, index) => runWhole(clientAt(clients, index), NEWCOMER_TOKENS));
    for (const problem of await Promise.all(replaced)) {
      if (problem !== undefined) broken.push(`a newcomer of wave ${wave}: ${problem}`);
    }
    newcomers += streams;
    if (pauseMs > 0) await delay(pauseMs);
  }
  over = true;
  await Promise.all(lanes);
  return { innocents, newcomers, broken };
}

/** Opens so many streams at once. @returns a sentence for each that was not whole */
export async function runManyCalls(client: TestClient, calls: number): Promise<string[]> {
  const problems = await Promise.all(Array.from({ length: calls }, () => runWhole(client, NEWCOMER_TOKENS)));
  return problems.filter((problem) => problem !== undefined);
}

function clientAt(clients: readonly TestClient[], index: number): TestClient {
  const client = clients[index % clients.length];
  if (client === undefined) throw new Error("no client was given");
  return client;
}

interface Victim {
  /** Resolves when the server has the call. */
  readonly underWay: Promise<unknown>;
  readonly cancel: () => void;
}

function openVictim(client: TestClient, kind: VictimKind): Victim {
  switch (kind) {
    case "GenerateStream": {
      const stream = client.generation.generateStream(requestOf(VICTIM_TOKENS));
      const underWay = messageOf(stream, ({ event }) => event?.$case === "accepted");
      return { underWay, cancel: () => stream.cancel() };
    }
    case "Generate": {
      const call = client.generation.generate(requestOf(VICTIM_TOKENS), () => {});
      // What comes later on the same connection is answered.
      return { underWay: client.load(), cancel: () => call.cancel() };
    }
    case "Health.Watch": {
      const stream = client.health.watch({ service: "" });
      return { underWay: messageOf(stream, () => true), cancel: () => stream.cancel() };
    }
  }
}

/** @returns what is wrong with a stream that should be whole; undefined where nothing is */
async function runWhole(client: TestClient, tokens: number): Promise<string | undefined> {
  const { messages, status: ended } = await resultOf(client.generation.generateStream(requestOf(tokens)));
  if (ended.code !== 0) return `${status[ended.code] ?? ended.code}: ${ended.text}`;
  const text = textOf(messages);
  const expected = PROMPT.repeat(tokens).slice(0, tokens);
  return text === expected ? undefined : `ended OK with "${text}" in place of ${tokens} tokens`;
}

function requestOf(tokens: number): GenerateStreamRequest {
  return promptRequest(PROMPT, { stopping: { maxOutputTokens: tokens, stopSequences: [], stopTokenIds: [] } });
}
