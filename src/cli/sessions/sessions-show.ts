import { Command } from "commander";
import { addConnectionFlags } from "../command/connection-flags.js";
import { type ClientSession, runClientCommand } from "../command/client-command.js";
import type { ToolCallJson } from "../command/generation-json.js";
import { sessionFacts } from "./session-table.js";
import type { SessionJson, SessionResponseJson, TurnJson } from "./session-json.js";
import { pagesOf } from "./session-pages.js";

/** Creates `rill sessions show ID`, which shows a session with its turns and sets the exit code of the process. */
export function createShowCommand(): Command {
  const command = new Command("show")
    .description("show a session and its turns, oldest first")
    .argument("<id>", "the session")
    .option("--json", "print the session, then each turn, in the JSON form of protobuf, one per line");
  return addConnectionFlags(command)
    .exitOverride()
    .action(async (id: string, { json = false }: { readonly json?: boolean }) => {
      process.exitCode = await runClientCommand({
        command,
        prepare: async () => await Promise.resolve(id),
        work: (session, sessionId) => show(session, { sessionId, json }),
      });
    });
}

interface Showing {
  readonly sessionId: string;
  readonly json: boolean;
}

/** Shows a session. It requests the next page of turns only once standard output has accepted the previous one. */
async function show(session: ClientSession, { sessionId, json }: Showing): Promise<void> {
  const { client, call, output } = session;
  const request = { session_id: sessionId };
  const answer = await client.unary("rill.v1.SessionService/GetSession", request, call);
  const { session: found = {} }: SessionResponseJson = answer;
  await output.write(json ? `${JSON.stringify(found)}\n` : metadataText(found));
  for await (const page of pagesOf(session, { method: "ListTurns", field: "turns", request })) {
    for (const turn of page) await output.write(json ? `${JSON.stringify(turn)}\n` : `\n${turnText(turn)}`);
  }
}

function metadataText(session: SessionJson): string {
  const { id, running, ...facts } = sessionFacts(session);
  const generation = session.runningTurn?.generationId;
  const lines = { id, ...facts, running: generation === undefined ? running : `turn ${running}, ${generation}` };
  return Object.entries(lines)
    .map(([name, fact]) => `${name.padEnd(9)} ${fact}\n`)
    .join("");
}

/**
 * Formats a turn for people: its number, its status unless it is complete, and its messages. Further lines of a message are indented, so that none
 * looks like another message.
 */
export function turnText(turn: TurnJson): string {
  const { number = 0, status, messages = [], continues, answer, toolCalls = [], ...end } = turn;
  const remarks = [
    ...(status === "TURN_STATUS_COMPLETE" ? [] : [wordOf(status, "TURN_STATUS_")]),
    ...(continues === true ? [`continues turn ${number - 1}`] : []),
    ...(status === "TURN_STATUS_TRUNCATED" ? [wordOf(end.finishReason, "FINISH_REASON_")] : []),
    ...(end.errorReason === undefined ? [] : [end.errorReason]),
  ];
  const said = messages.flatMap(({ role, content = "", toolCalls: calls = [], toolCallId }) => [
    speech(`${wordOf(role, "ROLE_")}${toolCallId === undefined ? "" : ` ${toolCallId}`}`, content),
    ...calls.map(callText),
  ]);
  const answered = answer === undefined ? [] : [speech("assistant", answer), ...toolCalls.map(callText)];
  const head = `#${number}${remarks.length === 0 ? "" : ` (${remarks.join(", ")})`}`;
  return [head, ...said, ...answered, ""].join("\n");
}

function callText({ id = "", name = "", arguments: text = "" }: ToolCallJson): string {
  return speech(`assistant calls ${id}`, `${name} ${text}`);
}

function speech(role: string, content: string): string {
  return `${role}: ${content.replaceAll("\n", "\n  ")}`;
}

/** Shortens "TURN_STATUS_TRUNCATED" to "truncated". Finish reasons keep their upper case, by which they are known. */
function wordOf(value: string | undefined, prefix: string): string {
  const word = value?.replace(prefix, "") ?? "unspecified";
  return prefix === "FINISH_REASON_" ? word : word.toLowerCase();
}
