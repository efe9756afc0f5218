import type { ToolCallJson } from "../command/generation-answer.js";
import type { TurnJson } from "./session-json.js";

/**
 * A turn of a session for people: its number, what became of it unless it is complete, then who said what. Further lines of what was said are indented,
 * so that none of them looks like somebody else's.
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

/** "TURN_STATUS_TRUNCATED" → "truncated"; reasons keep their case by which they are known. */
function wordOf(value: string | undefined, prefix: string): string {
  const word = value?.replace(prefix, "") ?? "unspecified";
  return prefix === "FINISH_REASON_" ? word : word.toLowerCase();
}
