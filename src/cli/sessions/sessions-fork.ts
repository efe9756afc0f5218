import { Command } from "commander";
import type { JsonObject } from "../../client/contract-json.js";
import { addConnectionFlags } from "../command/connection-flags.js";
import { type ClientSession, runClientCommand } from "../command/client-command.js";
import { COUNT, LABELS } from "../input/flag-types.js";
import { addRequestFlags, readRequestFlags, type RequestFlag } from "../input/request-flags.js";
import type { SessionResponseJson } from "./session-json.js";

/** The flags for every field of ForkSessionRequest except the session. */
export const FORK_SESSION_FLAGS: readonly RequestFlag[] = [
  {
    name: "at-turn",
    type: COUNT,
    field: "at_turn",
    about: "last turn to copy; 0 copies none (the last one that has ended)",
    group: "Session:",
  },
  {
    name: "label",
    type: LABELS,
    field: "labels.entries",
    about: "label of the new session; may be repeated (those of the other one)",
    group: "Session:",
  },
];

/** Creates `rill sessions fork ID`, which creates a session with the turns of another and sets the exit code of the process. */
export function createForkCommand(): Command {
  const command = new Command("fork")
    .description("create a session with the turns of another one and print its id")
    .argument("<id>", "the session whose turns are copied");
  addRequestFlags(command, FORK_SESSION_FLAGS);
  return addConnectionFlags(command)
    .exitOverride()
    .action(async (id: string) => {
      process.exitCode = await runClientCommand({
        command,
        prepare: async () =>
          await Promise.resolve({ ...readRequestFlags(command, FORK_SESSION_FLAGS), session_id: id }),
        work: fork,
      });
    });
}

async function fork({ client, call, output }: ClientSession, request: JsonObject): Promise<void> {
  const { session }: SessionResponseJson = await client.unary("rill.v1.SessionService/ForkSession", request, call);
  await output.write(`${session?.sessionId ?? ""}\n`);
}
