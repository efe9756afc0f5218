import { Command } from "commander";
import { addConnectionFlags } from "../command/connection-flags.js";
import { type ClientSession, runClientCommand } from "../command/client-command.js";
import { COUNT } from "../input/flag-types.js";
import { UsageError } from "../command/usage-error.js";
import { sessionFacts, sessionHead, sessionLine } from "./session-table.js";
import { pagesOf } from "./session-pages.js";

const NOTES = `
IDLE is the time after its last use (USED) at which a session is deleted. RUNNING is the
number of the running turn.`;

interface ListFlags {
  readonly limit?: string;
  readonly json?: true;
}

/** Creates `rill sessions list`, which lists the caller's sessions, newest first, and sets the exit code of the process. */
export function createListCommand(): Command {
  const command = new Command("list")
    .description("list sessions, newest first")
    .option("--limit <count>", "most sessions to list (all)")
    .option("--json", "print each session in the JSON form of protobuf, one per line");
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
  const parsed = COUNT.parse(limit);
  if (typeof parsed === "number") return parsed;
  throw new UsageError([`--limit: ${JSON.stringify(limit)} must be ${COUNT.expected}`]);
}

interface Listing {
  readonly limit: number;
  readonly json: boolean;
}

/** Lists sessions. It requests the next page only once standard output has accepted the previous one. */
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
