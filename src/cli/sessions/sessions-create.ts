import { Command } from "commander";
import type { JsonObject } from "../../client/contract-json.js";
import { addConnectionFlags, type ClientSession, runClientCommand } from "../command/client-command.js";
import { duration, labels } from "../input/flag-types.js";
import { readGivenMessages } from "../input/given-messages.js";
import type { RequestFlag } from "../input/request-flag.js";
import { addRequestFlags, readRequestFlags } from "../input/request-flags.js";
import type { SessionAnswerJson } from "./session-json.js";

const NOTES = `
Prints the id of the new session: rill generate --session "$id" "Hello" goes on.`;

/** Every field of CreateSessionRequest that is not a message. */
export const CREATE_SESSION_FLAGS: readonly RequestFlag[] = [
  {
    name: "label",
    type: labels,
    field: "labels",
    about: "your own words for the session; may be repeated",
    group: "Session:",
  },
  {
    name: "idle-timeout",
    type: duration,
    field: "idle_timeout",
    about: "so long after its last use it is deleted (the server's default)",
    group: "Session:",
  },
];

interface CreateFlags {
  readonly system?: string;
  readonly messages?: string;
}

/** `rill sessions create`: begins a session. Sets the process's exit code. */
export function createCreateCommand(): Command {
  const command = new Command("create")
    .description("begin a session, and print its id")
    .optionsGroup("Session:")
    .option("--system <text>", "system message that it begins with")
    .option("--messages <path>", "messages that it begins with, YAML or JSON: a list of {role, content}");
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
  const { session }: SessionAnswerJson = await client.unary("rill.v1.SessionService/CreateSession", request, call);
  await output.write(`${session?.sessionId ?? ""}\n`);
}
