import { setTimeout as delay } from "node:timers/promises";
import type { Attack, Ground, Outcome } from "./attack.js";
import { framed, framedGeneration, METHOD } from "./methods.js";

const CONNECTIONS = 10;
const STREAMS = 900;
const PIPELINES = 8;
const PIPELINED_STREAMS = 100;
const PIPELINED_MESSAGES = 10;

export const STREAM_STORMS: readonly Attack[] = [
  {
    name: "storm of resets",
    sends: "9,000 streams over 10 connections, each reset right behind its request",
    cost: { unit: "stream", limitMs: 0.06 },
    run: async (ground: Ground): Promise<Outcome> => {
      const body = framedGeneration(1);
      const opened = await Promise.all(Array.from({ length: CONNECTIONS }, () => ground.open()));
      for (const connection of opened) {
        for (let n = 0; n < STREAMS; n += 1) {
          connection.resetStream(connection.openStream(METHOD.stream, { body, endStream: true }));
        }
      }
      for (const connection of opened) connection.flush();
      await delay(ground.holdMs);
      for (const connection of opened) connection[Symbol.dispose]();
      return { claims: [], units: CONNECTIONS * STREAMS };
    },
  },
  {
    name: "pipelined reflection",
    sends: "800 reflection streams over 8 connections whose windows are 0, with ten requests on each",
    run: async (ground: Ground): Promise<Outcome> => {
      const request = framed(METHOD.reflection, { file_containing_symbol: "rill.v1.GenerationService" });
      const body = Buffer.concat(Array.from({ length: PIPELINED_MESSAGES }, () => request));
      const opened = await Promise.all(Array.from({ length: PIPELINES }, () => ground.open({ windowBytes: 0 })));
      for (const connection of opened) {
        for (let n = 0; n < PIPELINED_STREAMS; n += 1) connection.openStream(METHOD.reflection, { body });
        connection.flush();
      }
      await delay(ground.holdMs);
      for (const connection of opened) connection[Symbol.dispose]();
      return { claims: [] };
    },
  },
];
