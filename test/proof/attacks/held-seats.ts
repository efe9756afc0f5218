import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { RuntimeClient } from "../../support/runtime-client.js";
import type { Attack, Ground, Outcome } from "./attack.js";
import { claimCount } from "./claims.js";
import { METHOD } from "./methods.js";
import type { RawConnection } from "./raw-connection.js";

const CALLS = 1_024;
const CONNECTIONS = 9;
const TOP_UP_MS = 100;
/** Beyond the descriptors that the server's process may have. */
const SOCKETS = 1_100;
const KEPT_ALIVE = 80;
const LIMIT_MS = 5_000;
const LIVENESS = Buffer.from("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n");

/** Opens calls by their headers alone, and new ones for those that the server has ended. */
async function holdSeats(ground: Ground): Promise<void> {
  const opened = await Promise.all(Array.from({ length: CONNECTIONS }, () => ground.open()));
  const untilMs = performance.now() + ground.holdMs;
  while (performance.now() < untilMs) {
    for (const connection of opened) {
      const missing = Math.ceil(CALLS / CONNECTIONS) - connection.openStreams.length;
      for (let n = 0; n < missing; n += 1) connection.openStream(METHOD.stream);
      connection.flush();
    }
    await delay(TOP_UP_MS);
  }
  for (const connection of opened) connection[Symbol.dispose]();
}

async function floodConnections(ground: Ground): Promise<boolean> {
  using client = new RuntimeClient(ground.address);
  await client.unary(METHOD.load, {}, { deadline: Date.now() + LIMIT_MS });
  const tries = await Promise.allSettled(Array.from({ length: SOCKETS }, () => ground.open()));
  const opened = tries.flatMap((each): RawConnection[] => (each.status === "fulfilled" ? [each.value] : []));
  for (const connection of opened) connection.flush();
  await delay(ground.holdMs / 2);
  const madeSession = await client.unary(METHOD.createSession, {}, { deadline: Date.now() + LIMIT_MS }).then(
    () => true,
    () => false,
  );
  await delay(ground.holdMs / 2);
  for (const connection of opened) connection[Symbol.dispose]();
  return madeSession;
}

async function holdAdminPort({ adminAddress, holdMs }: Ground): Promise<void> {
  const [host = "", port = ""] = adminAddress.split(":");
  const open = (): Socket => {
    const socket = connect(Number(port), host).resume();
    socket.on("error", () => {});
    socket.write(LIVENESS);
    return socket;
  };
  const sockets = Array.from({ length: KEPT_ALIVE }, open);
  const renewal = setInterval(() => {
    for (const [index, socket] of sockets.entries()) if (socket.destroyed) sockets[index] = open();
  }, TOP_UP_MS);
  await delay(holdMs);
  clearInterval(renewal);
  for (const socket of sockets) socket.destroy();
}

export const HELD_SEATS: readonly Attack[] = [
  {
    name: "seats held by headers",
    sends:
      "the headers of 1,024 generation streams over 9 connections and never a message, and new ones for those that are ended",
    run: async (ground: Ground): Promise<Outcome> => {
      await holdSeats(ground);
      return { claims: [] };
    },
  },
  {
    name: "connections to the descriptors' end",
    sends: "1,100 connections to a process that may have 1,024 descriptors, each with its preface",
    newClientsServed: false,
    run: async (ground: Ground): Promise<Outcome> => {
      const right = (await floodConnections(ground)) ? 1 : 0;
      return { claims: [claimCount("sessions made over a connection that stood before", { right, of: 1 })] };
    },
  },
  {
    name: "admin port held",
    sends: "80 keep-alive connections to the admin port, each opened anew when it is closed",
    run: async (ground: Ground): Promise<Outcome> => {
      await holdAdminPort(ground);
      return { claims: [] };
    },
  },
];
