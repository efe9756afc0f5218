import type { CallFailure } from "../../client/call-failure.js";
import { formatDuration } from "../../settings/units.js";
import { visibleText } from "./text-output.js";

/** A failed call for people: status, the server's reason and words, then each refused field and what else helps, on lines of their own. */
export function failureText(failure: CallFailure): string {
  const { status, reason, message, violations, retryAfterMs, generationId, facts } = failure;
  const runningId = reason === "SESSION_BUSY" ? facts.get("generation_id") : undefined;
  const lines = [
    `${reason === undefined || reason === status ? status : `${status} ${reason}`}: ${tidied(message)}`,
    ...(status === "UNAVAILABLE" && reason === undefined ? ["  is a server running there? rill serve starts one"] : []),
    ...violations.map(({ field, description }) => `  ${field}: ${description}`),
    ...(retryAfterMs === undefined ? [] : [`  try again in ${formatDuration(Math.ceil(retryAfterMs))}`]),
    ...(runningId === undefined ? [] : [`  running generation: ${runningId}`]),
    ...(generationId === undefined ? [] : [`  generation id: ${generationId}`]),
  ];
  return lines.map(visibleText).join("\n");
}

/** The client library leaves an empty note at the end of what it says about a connection. */
function tidied(message: string): string {
  return message.replace(/ Resolution note: $/, "");
}
