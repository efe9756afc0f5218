import { Command } from "commander";
import type { JsonObject } from "../../client/contract-json.js";
import { addConnectionFlags, type ClientSession, runClientCommand } from "../command/client-command.js";
import { count, labels } from "../input/flag-types.js";
import type { RequestFlag } from "../input/request-flag.js";
import { addRequestFlags, readRequestFlags } from "../input/request-flags.js";
import type { SessionAnswerJson } from "./session-json.js";

/** Every field of ForkSessionRequest but the session. */
export const FORK_SESSION_FLAGS: readonly RequestFlag[] = [
  {
    name: "at-turn",
    type: count,
    field: "at_turn",
    about: "the last turn that is taken over; 0: none (the last one that has ended)",
    group: "Session:",
  },
  {
    name: "label",
    type: labels,
    field: "labels.entries",
    about: "your own words for the new session; may be repeated (those of the other one)",
    group: "Session:",
  },
];

/** `rill sessions fork ID`: a session that begins with the turns of another. Sets the process's exit code. */
export function createForkCommand(): Command {
  const command = new Command("fork")
    .description("begin a session with the turns of another one, and print its id")
    .argument("<id>", "the session to take turns from");
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
  const { session }: SessionAnswerJson = await client.unary("rill.v1.SessionService/ForkSession", request, call);
  await output.write(`${session?.sessionId ?? ""}\n`);
}
