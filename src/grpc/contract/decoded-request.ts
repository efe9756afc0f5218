import { type FieldViolation, GenerationError } from "../../core/generation-error.js";
import { invalidRequest } from "../../core/violations.js";

/**
 * A request as its service gets it. grpc-js turns a decoder that throws into INTERNAL, so decoding never throws, and the handler says what is wrong.
 */
export type DecodedRequest<Message> =
  | {
      readonly type: "decoded";
      /** undefined: it was taken. */
      message: Message | undefined;
    }
  /** The bytes are no such message, or one that is too costly to decode. */
  | { readonly type: "undecodable"; readonly violations: readonly FieldViolation[] }
  /** The bytes hold what the contract does not have, or a map's key twice. They were not decoded. */
  | { readonly type: "unwanted"; readonly violations: readonly FieldViolation[] };

/** The message. @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST */
export function readableMessage<Message>(request: DecodedRequest<Message>): Message {
  switch (request.type) {
    case "decoded":
      if (request.message === undefined) throw new Error("the message was taken before");
      return request.message;
    case "undecodable":
      throw undecodable(request.violations);
    case "unwanted":
      throw invalidRequest(request.violations);
  }
}

/**
 * The message, which the request then lets go, for calls that last: grpc-js keeps a request for as long as its call, and a prompt that has become
 * tokens need not be kept.
 * @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST
 */
export function takeMessage<Message>(request: DecodedRequest<Message>): Message {
  const message = readableMessage(request);
  if (request.type === "decoded") request.message = undefined;
  return message;
}

function undecodable(violations: readonly FieldViolation[]): GenerationError {
  const [first] = violations;
  // Of the message as a whole the field is empty.
  const subject = first === undefined || first.field === "" ? "it" : first.field;
  const text = `the message cannot be decoded: ${subject} ${first?.description ?? "is not protobuf"}`;
  return new GenerationError("UNDECODABLE_MESSAGE", text, { violations });
}
