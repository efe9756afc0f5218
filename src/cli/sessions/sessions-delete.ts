import { Command } from "commander";
import { CallFailure } from "../../client/call-failure.js";
import type { JsonObject } from "../../client/contract-json.js";
import { addConnectionFlags, type ClientSession, runClientCommand } from "../command/client-command.js";
import { failureText } from "../command/failure-text.js";
import { count } from "../input/flag-types.js";
import type { RequestFlag } from "../input/request-flag.js";
import { addRequestFlags, readRequestFlags } from "../input/request-flags.js";
import { visibleText } from "../command/text-output.js";
import { UsageError } from "../command/usage-error.js";

const NOTES = `
Prints nothing where all goes well. A session that can't be deleted does not keep the
others; the exit code is 1 then.`;

/** Every field of DeleteSessionRequest but the session. */
export const DELETE_SESSION_FLAGS: readonly RequestFlag[] = [
  {
    name: "expected-revision",
    type: count,
    field: "expected_revision",
    about: "revision that it must have (any)",
    group: "Session:",
  },
];

/** `rill sessions delete ID…`: deletes sessions with their turns. Sets the process's exit code. */
export function createDeleteCommand(): Command {
  const command = new Command("delete")
    .description("delete sessions with their turns")
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
    throw new UsageError(["--expected-revision: is one session's, and more than one was given"]);
  }
  return ids.map((id) => ({ ...request, session_id: id }));
}

async function deleteAll({ client, call }: ClientSession, requests: readonly DeleteRequest[]): Promise<void> {
  let kept = 0;
  for (const request of requests) {
    try {
      await client.unary("rill.v1.SessionService/DeleteSession", request, call);
    } catch (error) {
      // Without a reason it was not the server that refused: the others would fare no better.
      if (!(error instanceof CallFailure) || error.reason === undefined || requests.length === 1) throw error;
      process.stderr.write(`rill sessions delete: ${visibleText(request.session_id)}: ${failureText(error)}\n`);
      kept += 1;
    }
  }
  if (kept > 0) throw new Error(`${kept} of ${requests.length} sessions were not deleted`);
}
