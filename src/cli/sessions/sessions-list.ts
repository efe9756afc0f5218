import { Command } from "commander";
import { addConnectionFlags, type ClientSession, runClientCommand } from "../command/client-command.js";
import { count } from "../input/flag-types.js";
import { sessionFacts } from "./session-facts.js";
import { pagesOf } from "./session-pages.js";
import { sessionHead, sessionLine } from "./session-table.js";
import { UsageError } from "../command/usage-error.js";

const NOTES = `
IDLE is how long after its last use (USED) a session is deleted, RUNNING the number
of the turn that runs.`;

interface ListFlags {
  readonly limit?: string;
  readonly json?: true;
}

/** `rill sessions list`: the caller's sessions, the newest first. Sets the process's exit code. */
export function createListCommand(): Command {
  const command = new Command("list")
    .description("list sessions, the newest first")
    .option("--limit <count>", "the most sessions (all)")
    .option("--json", "print each session as protobuf has it in JSON, one a line");
  return addConnectionFlags(command)
    .addHelpText("after", NOTES)
    .exitOverride()
    .action(async (flags: ListFlags) => {
      process.exitCode = await runClientCommand({
        command,
        prepare: async () => await Promise.resolve(readLimit(flags)),
        work: (session, limit) => list(session, { limit, json: flags.json === true }),
      });
    });
}

function readLimit({ limit }: ListFlags): number {
  if (limit === undefined) return Infinity;
  const parsed = count.parse(limit);
  if (typeof parsed === "number") return parsed;
  throw new UsageError([`--limit: ${JSON.stringify(limit)} must be ${count.expected}`]);
}

interface Listing {
  readonly limit: number;
  readonly json: boolean;
}

/** Asks for the next page only when standard output took the one before. */
async function list(session: ClientSession, { limit, json }: Listing): Promise<void> {
  const { output } = session;
  const lineOf = json ? JSON.stringify : (entry: object): string => sessionLine(sessionFacts(entry));
  if (!json) await output.write(`${sessionHead()}\n`);
  let left = limit;
  if (left === 0) return;
  for await (const page of pagesOf(session, { method: "ListSessions", field: "sessions", request: {} })) {
    const entries = page.slice(0, left);
    await output.write(entries.map((entry) => `${lineOf(entry)}\n`).join(""));
    left -= entries.length;
    if (left === 0) return;
  }
}
