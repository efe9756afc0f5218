import { Command } from "commander";
import { createCreateCommand } from "./sessions-create.js";
import { createDeleteCommand } from "./sessions-delete.js";
import { createForkCommand } from "./sessions-fork.js";
import { createListCommand } from "./sessions-list.js";
import { createShowCommand } from "./sessions-show.js";

const NOTES = `
A session is a conversation that a server keeps; rill generate --session goes on with
it.

Exit codes: 0 done (also when nobody reads the output any more), 1 failed, 2 wrong
usage, 130 interrupted.`;

/** `rill sessions`: the stored conversations of a running server. */
export function createSessionsCommand(): Command {
  return new Command("sessions")
    .description("list, show, begin, fork and delete stored conversations on a running server")
    .addHelpText("after", NOTES)
    .exitOverride()
    .addCommand(createListCommand())
    .addCommand(createShowCommand())
    .addCommand(createCreateCommand())
    .addCommand(createForkCommand())
    .addCommand(createDeleteCommand());
}
