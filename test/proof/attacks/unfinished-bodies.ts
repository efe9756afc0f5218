import { setTimeout as delay } from "node:timers/promises";
import { grpcFrame } from "../../support/http2-frames.js";
import type { Attack, Ground, Outcome } from "./attack.js";
import { METHOD } from "./methods.js";

const MESSAGE_BYTES = 4 * 1024 * 1024;
const CONNECTIONS = 10;
const STREAMS = 20;
/** All but the last byte. */
const BODY = grpcFrame(Buffer.alloc(MESSAGE_BYTES)).subarray(0, -1);

async function sendUnfinished(ground: Ground, method: string): Promise<void> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => ground.open()));
  const uploads = connections.flatMap((connection) =>
    Array.from({ length: STREAMS }, () => connection.upload(connection.openStream(method), BODY)),
  );
  await Promise.all(uploads);
  await delay(ground.holdMs);
  for (const connection of connections) connection[Symbol.dispose]();
}

function attack(name: string, method: string): Attack {
  return {
    name: `unfinished bodies on ${name}`,
    sends: `200 messages of 4 MiB without the last byte over ${CONNECTIONS} connections, on ${method}`,
    run: async (ground: Ground): Promise<Outcome> => {
      await sendUnfinished(ground, method);
      return { claims: [] };
    },
  };
}

export const UNFINISHED_BODIES: readonly Attack[] = [
  attack("generation", METHOD.stream),
  attack("health", METHOD.health),
  attack("reflection", METHOD.reflection),
];
