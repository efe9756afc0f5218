import { GenerateStreamResponse } from "../../../generated/rill/v1/generation_service.js";
import type { OutputMessage } from "./output-message.js";

/** A part of an output as the bytes of an event without a number. */
export function encodeOutput(message: OutputMessage): Uint8Array {
  return GenerateStreamResponse.encode({ sequence: 0, event: message }).finish();
}

/** @throws Error where the bytes are of anything else */
export function decodeOutput(bytes: Uint8Array): OutputMessage {
  const { event } = GenerateStreamResponse.decode(bytes);
  if (event?.$case !== "chunk" && event?.$case !== "toolCall") throw new Error("the bytes are no part of an output");
  return event;
}
