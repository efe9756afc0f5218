import type { Chunk, Completed } from "../../generated/rill/v1/generation_event.js";
import type { GenerateStreamResponse } from "../../generated/rill/v1/generation_service.js";

/** The chunks of a stream, in order. */
export function chunksOf(messages: readonly GenerateStreamResponse[]): Chunk[] {
  return messages.flatMap(({ event }) => (event?.$case === "chunk" ? [event.value] : []));
}

/** The text of a stream: its chunks, joined. */
export function textOf(messages: readonly GenerateStreamResponse[]): string {
  return chunksOf(messages)
    .map(({ text }) => text)
    .join("");
}

/** The end of a stream that came to its end. @throws Error where it did not */
export function completedOf(messages: readonly GenerateStreamResponse[]): Completed {
  const event = messages.at(-1)?.event;
  if (event?.$case !== "completed") throw new Error(`the last event is ${event?.$case ?? "missing"}, not completed`);
  return event.value;
}
