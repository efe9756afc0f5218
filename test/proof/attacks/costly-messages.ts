import { setTimeout as delay } from "node:timers/promises";
import { grpcFrame } from "../../support/http2-frames.js";
import type { Attack, Ground, Outcome } from "./attack.js";
import { METHOD } from "./methods.js";

const MESSAGE_BYTES = 4 * 1024 * 1024 - 64;
const ANSWER_LIMIT_MS = 20_000;
const LENGTH_DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const LABELS_FIELD = 12;
const UNKNOWN_FIELD = 1_000;

/** The bytes of a number as protobuf writes it. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}

function tag(field: number, type: number): Buffer {
  return varint(field * 8 + type);
}

/** So many repetitions of the unit as a message may have. */
function fill(unit: Buffer): Buffer {
  return Buffer.alloc(Math.floor(MESSAGE_BYTES / unit.length) * unit.length, unit);
}

/** Messages of 4 MiB that hold more fields than a caller could mean. */
const MESSAGES = {
  "empty keys": () => {
    const keys = fill(Buffer.from([10, 0]));
    return Buffer.concat([tag(LABELS_FIELD, LENGTH_DELIMITED), varint(keys.length), keys]);
  },
  "unknown fields": () => fill(Buffer.concat([tag(UNKNOWN_FIELD, 0), Buffer.from([1])])),
  "unknown groups": () => fill(Buffer.concat([tag(UNKNOWN_FIELD, START_GROUP), tag(UNKNOWN_FIELD, END_GROUP)])),
  "a group of unknown fields": () => {
    const inner = fill(Buffer.from([8, 1]));
    return Buffer.concat([tag(UNKNOWN_FIELD, START_GROUP), inner, tag(UNKNOWN_FIELD, END_GROUP)]);
  },
  "empty labels": () => fill(Buffer.concat([tag(LABELS_FIELD, LENGTH_DELIMITED), Buffer.from([0])])),
} as const;

/** One after another, each when the one before was answered. @returns how many were sent */
async function sendCostly(ground: Ground, message: Buffer): Promise<number> {
  const methods = ground.short ? [METHOD.stream] : [METHOD.stream, METHOD.createSession, METHOD.listTurns];
  const body = grpcFrame(message);
  let sent = 0;
  using connection = await ground.open();
  for (const method of methods) {
    for (let n = 0; n < (ground.short ? 2 : 3); n += 1) {
      const stream = connection.openStream(method);
      await connection.upload(stream, body, { endStream: true });
      await connection.until(() => !connection.isOpen(stream), ANSWER_LIMIT_MS);
      sent += 1;
    }
  }
  await delay(ground.holdMs / 2);
  return sent;
}

export const COSTLY_MESSAGES: readonly Attack[] = Object.entries(MESSAGES).map(([name, make]) => ({
  name: `message of ${name}`,
  sends: `messages of 4 MiB, one after another, that are all ${name}`,
  cost: { unit: "message", limitMs: 50 },
  run: async (ground: Ground): Promise<Outcome> => ({ claims: [], units: await sendCostly(ground, make()) }),
}));
