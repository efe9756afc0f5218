import { type Message, Role } from "../../generated/rill/v1/conversation.js";
import type { GenerateStreamRequest } from "../../generated/rill/v1/generation_service.js";
import { TurnInput } from "../../generated/rill/v1/turn_input.js";
import { generationRequest } from "../support/test-client.js";
import { said } from "../support/said.js";

export function userSays(content: string): Message {
  return said(Role.USER, content);
}

/** A turn with nothing but what is given; the user says hello unless it goes on with an answer. */
export function turnRequest(
  turn: Partial<TurnInput> & { sessionId: string },
  fields: Partial<GenerateStreamRequest> = {},
): GenerateStreamRequest {
  const messages = turn.continueAnswer === true ? [] : [userSays("Hello")];
  const value = { ...TurnInput.decode(new Uint8Array()), messages, ...turn };
  return generationRequest({ input: { $case: "turn", value }, ...fields });
}
