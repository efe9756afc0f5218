import { gzipSync } from "node:zlib";
import { setTimeout as delay } from "node:timers/promises";
import { grpcFrame } from "../../support/http2-frames.js";
import { encodeRequest } from "../../support/runtime-client.js";
import { askRaw } from "./ask-raw.js";
import type { Attack, Ground, Outcome } from "./attack.js";
import { claimAll } from "./claims.js";
import { METHOD } from "./methods.js";

const MESSAGE_BYTES = 4 * 1024 * 1024 - 64;
const COMPRESSED = 1;
const GZIP = { "grpc-encoding": "gzip" };
const INTERNAL = "13";
const UNIMPLEMENTED = "12";

/** 4 KiB that become 4 MiB. */
function bomb(method: string, request: object): Buffer {
  return grpcFrame(gzipSync(encodeRequest(method, request)), COMPRESSED);
}

const LONG_TEXT = "a".repeat(MESSAGE_BYTES);
const BOMBS = {
  health: { method: METHOD.health, body: bomb(METHOD.health, { service: LONG_TEXT }) },
  streams: { method: METHOD.stream, body: bomb(METHOD.stream, { prompt: LONG_TEXT }) },
};

interface BombRun {
  readonly connections: number;
  readonly streams: number;
  /** Each stream is reset right behind its request. */
  readonly resets: boolean;
}

async function sendBombs(
  ground: Ground,
  { method, body }: { method: string; body: Buffer },
  { connections, streams, resets }: BombRun,
): Promise<void> {
  const opened = await Promise.all(Array.from({ length: connections }, () => ground.open()));
  for (const connection of opened) {
    for (let n = 0; n < streams; n += 1) {
      const stream = connection.openStream(method, { metadata: GZIP, body, endStream: true });
      if (resets) connection.resetStream(stream);
    }
    connection.flush();
  }
  await delay(ground.holdMs);
  for (const connection of opened) connection[Symbol.dispose]();
}

/** Frames that say they are compressed and are not allowed to, or have a flag that means nothing. */
async function sendFlags({ address }: Ground): Promise<{ name: string; got: string; wanted: string }[]> {
  const methods = [METHOD.stream, METHOD.health, METHOD.load, METHOD.reflection];
  const cases = methods.flatMap((method) => [
    ...[1, 2, 0x80, 0xff].map((flag) => ({ method, flag, metadata: {}, wanted: INTERNAL })),
    { method, flag: 1, metadata: { "grpc-encoding": "br" }, wanted: UNIMPLEMENTED },
  ]);
  return await Promise.all(
    cases.map(async ({ method, flag, metadata, wanted }) => {
      const body = grpcFrame(encodeRequest(method, {}), flag);
      const { grpcStatus, headers } = await askRaw({ address, method, metadata, body });
      const accepts = wanted !== UNIMPLEMENTED || headers["grpc-accept-encoding"] !== undefined;
      const got = `${String(grpcStatus)}${accepts ? "" : " without grpc-accept-encoding"}`;
      return { name: `${method} with flag ${flag} ${JSON.stringify(metadata)}`, got, wanted };
    }),
  );
}

export const COMPRESSED_REQUESTS: readonly Attack[] = [
  {
    name: "gzip health checks",
    sends: "720 health checks over 6 connections, each 4 KiB of gzip that become 4 MiB",
    run: async (ground: Ground): Promise<Outcome> => {
      await sendBombs(ground, BOMBS.health, { connections: 6, streams: 120, resets: false });
      return { claims: [] };
    },
  },
  {
    name: "gzip streams",
    sends: "720 generation streams over 6 connections, each 4 KiB of gzip that become 4 MiB",
    run: async (ground: Ground): Promise<Outcome> => {
      await sendBombs(ground, BOMBS.streams, { connections: 6, streams: 120, resets: false });
      return { claims: [] };
    },
  },
  {
    name: "gzip streams reset",
    sends: "3,200 such generation streams over 32 connections, each reset right behind its request",
    run: async (ground: Ground): Promise<Outcome> => {
      await sendBombs(ground, BOMBS.streams, { connections: 32, streams: 100, resets: true });
      return { claims: [] };
    },
  },
  {
    name: "message flags",
    sends:
      "messages with flag 1 and no grpc-encoding, with flags that mean nothing, and with an encoding that nobody knows",
    run: async (ground: Ground): Promise<Outcome> => {
      return { claims: [claimAll("flags and encodings that are refused as gRPC says", await sendFlags(ground))] };
    },
  },
];
