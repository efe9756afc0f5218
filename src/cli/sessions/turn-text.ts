import type { ToolCallJson } from "../command/generation-json.js";
import type { TurnJson } from "./session-json.js";

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
