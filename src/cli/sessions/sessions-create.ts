import { Command } from "commander";
import type { JsonObject } from "../../client/contract-json.js";
import { addConnectionFlags } from "../command/connection-flags.js";
import { type ClientSession, runClientCommand } from "../command/client-command.js";
import { DURATION, LABELS } from "../input/flag-types.js";
import { readGivenMessages } from "../input/given-messages.js";
import { addRequestFlags, readRequestFlags, type RequestFlag } from "../input/request-flags.js";
import type { SessionResponseJson } from "./session-json.js";

const NOTES = `
Prints the id of the new session. rill generate --session "$id" "Hello" continues it.`;

/** The flags for every field of CreateSessionRequest except the messages. */
export const CREATE_SESSION_FLAGS: readonly RequestFlag[] = [
  {
    name: "label",
    type: LABELS,
    field: "labels",
    about: "label of the session; may be repeated",
    group: "Session:",
  },
  {
    name: "idle-timeout",
    type: DURATION,
    field: "idle_timeout",
    about: "time after its last use at which it is deleted (the server's default)",
    group: "Session:",
  },
];

interface CreateFlags {
  readonly system?: string;
  readonly messages?: string;
}

/** Creates `rill sessions create`, which creates a session and sets the exit code of the process. */
export function createCreateCommand(): Command {
  const command = new Command("create")
    .description("create a session and print its id")
    .optionsGroup("Session:")
    .option("--system <text>", "system message at the beginning")
    .option("--messages <path>", "messages at the beginning, YAML or JSON: a list of {role, content}");
  addRequestFlags(command, CREATE_SESSION_FLAGS);
  return addConnectionFlags(command)
    .addHelpText("after", NOTES)
    .exitOverride()
    .action(async ({ system, messages: path }: CreateFlags) => {
      process.exitCode = await runClientCommand({
        command,
        prepare: async () => ({
          ...readRequestFlags(command, CREATE_SESSION_FLAGS),
          messages: await readGivenMessages({ system, path, text: undefined }),
        }),
        work: create,
      });
    });
}

async function create({ client, call, output }: ClientSession, request: JsonObject): Promise<void> {
  const { session }: SessionResponseJson = await client.unary("rill.v1.SessionService/CreateSession", request, call);
  await output.write(`${session?.sessionId ?? ""}\n`);
}
