import { existsSync } from "node:fs";
import { createTinyModel } from "../../support/tiny-model.js";
import { ServerChild } from "../../support/server-child.js";
import { ServerProcess } from "../../support/server-process.js";
import type { ServerNode } from "./server-node.js";

const PROGRAM = new URL("./attack-serve.js", import.meta.url);
const BARE_PROGRAM = new URL("./bare-http2.js", import.meta.url);
const SQLITE_BINDING = new URL("./sqlite-binding.js", import.meta.url);
/** Soft and hard: what many a system gives a process. */
const DESCRIPTORS = 1_024;
const STEP_LIMIT_SECONDS = 2;

/** The time for which a stopped process would pass the limit of a step. */
export const PAUSE_MS = (STEP_LIMIT_SECONDS + 1) * 1_000;

/** `rill serve` on some version of Node, over the scripted engine at a fixed pace, with as few descriptors as most systems give. */
export async function startAttackedServer(node: ServerNode, { slots }: { slots: number }): Promise<ServerProcess> {
  const flags = {
    model: await createTinyModel(),
    listen: "127.0.0.1:0",
    "admin-listen": "127.0.0.1:0",
    store: "memory:",
    slots: String(slots),
    "max-generation-time": "24h",
    "step-limit": `${STEP_LIMIT_SECONDS}s`,
    // Enough that who comes in time is served, however long it takes.
    ...(slots > 1 && { "queue-per-slot": "64", "max-queue-wait": "1h" }),
  };
  // As the launcher sets them.
  const nodeFlags = ["--no-memory-reducer"];
  if (node.sqliteBinding !== undefined) nodeFlags.push("--import", SQLITE_BINDING.href);
  const child = ServerChild.launchProgram(PROGRAM, [JSON.stringify(flags)], {
    command: ["prlimit", `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`, node.path, ...nodeFlags],
    environment: {
      UV_THREADPOOL_SIZE: "1",
      ...(node.sqliteBinding !== undefined && { SQLITE_BINDING: node.sqliteBinding }),
    },
  });
  return await ServerProcess.of(child);
}

/** A server of nothing but node:http2 that refuses every stream. */
export async function startBareServer({ path }: ServerNode): Promise<ServerProcess> {
  return await ServerProcess.of(ServerChild.launchProgram(BARE_PROGRAM, [], { command: [path] }));
}

/** Whether the process of a server is there. Linux only. */
export function isAlive(server: ServerProcess): boolean {
  return existsSync(`/proc/${server.processId}/fd/0`);
}
