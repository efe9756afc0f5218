import { type DecodedRequest, readableMessage } from "./decoded-request.js";
import { Violations } from "./violations.js";

/** The message of a request in which nothing else has to be parsed. @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST */
export function requireKnownFields<Message>(request: DecodedRequest<Message>): Message {
  const message = readableMessage(request);
  new Violations(request.violations).throwIfAny();
  return message;
}
