import { Command } from "commander";
import { createCreateCommand } from "./sessions-create.js";
import { createDeleteCommand } from "./sessions-delete.js";
import { createForkCommand } from "./sessions-fork.js";
import { createListCommand } from "./sessions-list.js";
import { createShowCommand } from "./sessions-show.js";

const NOTES = `
A session is a conversation that a server stores. rill generate --session continues it.

Exit codes: 0 done (also if the reader of the output has left), 1 failed, 2 wrong usage,
130 interrupted.`;

/** Creates `rill sessions`, the commands for the stored conversations of a server. */
export function createSessionsCommand(): Command {
  return new Command("sessions")
    .description("list, show, create, fork and delete stored conversations on a running server")
    .addHelpText("after", NOTES)
    .exitOverride()
    .addCommand(createListCommand())
    .addCommand(createShowCommand())
    .addCommand(createCreateCommand())
    .addCommand(createForkCommand())
    .addCommand(createDeleteCommand());
}
