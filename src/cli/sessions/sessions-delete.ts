import { Command } from "commander";
import { CallFailure } from "../../client/call-failure.js";
import type { JsonObject } from "../../client/contract-json.js";
import { addConnectionFlags } from "../command/connection-flags.js";
import { type ClientSession, failureText, runClientCommand } from "../command/client-command.js";
import { COUNT } from "../input/flag-types.js";
import { addRequestFlags, readRequestFlags, type RequestFlag } from "../input/request-flags.js";
import { visibleText } from "../command/text-output.js";
import { UsageError } from "../command/usage-error.js";

const NOTES = `
Prints nothing if all goes well. If a session cannot be deleted, the others are still
deleted, and the exit code is 1.`;

/** The flags for every field of DeleteSessionRequest except the session. */
export const DELETE_SESSION_FLAGS: readonly RequestFlag[] = [
  {
    name: "expected-revision",
    type: COUNT,
    field: "expected_revision",
    about: "revision that the session must have (any)",
    group: "Session:",
  },
];

/** Creates `rill sessions delete ID…`, which deletes sessions with their turns and sets the exit code of the process. */
export function createDeleteCommand(): Command {
  const command = new Command("delete")
    .description("delete sessions and their turns")
    .argument("<id...>", "the sessions");
  addRequestFlags(command, DELETE_SESSION_FLAGS);
  return addConnectionFlags(command)
    .addHelpText("after", NOTES)
    .exitOverride()
    .action(async (ids: readonly string[]) => {
      process.exitCode = await runClientCommand({
        command,
        prepare: async () => await Promise.resolve(readRequests(command, ids)),
        work: deleteAll,
      });
    });
}

interface DeleteRequest extends JsonObject {
  readonly session_id: string;
}

function readRequests(command: Command, ids: readonly string[]): readonly DeleteRequest[] {
  const request = readRequestFlags(command, DELETE_SESSION_FLAGS);
  if (ids.length > 1 && request.expected_revision !== undefined) {
    throw new UsageError(["--expected-revision: only for a single session"]);
  }
  return ids.map((id) => ({ ...request, session_id: id }));
}

async function deleteAll({ client, call }: ClientSession, requests: readonly DeleteRequest[]): Promise<void> {
  let kept = 0;
  for (const request of requests) {
    try {
      await client.unary("rill.v1.SessionService/DeleteSession", request, call);
    } catch (error) {
      // An error without a reason does not come from the server, so the other sessions would fail too.
      if (!(error instanceof CallFailure) || error.reason === undefined || requests.length === 1) throw error;
      process.stderr.write(`rill sessions delete: ${visibleText(request.session_id)}: ${failureText(error)}\n`);
      kept += 1;
    }
  }
  if (kept > 0) throw new Error(`${kept} of ${requests.length} sessions were not deleted`);
}
