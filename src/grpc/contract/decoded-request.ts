import { type FieldViolation, GenerationError, invalidRequest } from "../../core/generation-error.js";

/**
 * A request as a service gets it. grpc-js turns the exception of a decoder into INTERNAL, so decoding never throws, and the handler reports the
 * problem.
 */
export type DecodedRequest<Message> =
  | {
      readonly type: "decoded";
      /** The message, or undefined after it was taken. */
      message: Message | undefined;
    }
  /** The bytes are no such message, or it is too expensive to decode. */
  | { readonly type: "undecodable"; readonly violations: readonly FieldViolation[] }
  /** The bytes contain unknown fields, or a map key twice, and were not decoded. */
  | { readonly type: "unwanted"; readonly violations: readonly FieldViolation[] };

/**
 * Returns the message.
 * @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST
 */
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
 * Returns the message and removes it from the request, for long calls. grpc-js keeps a request as long as its call, and a prompt is not needed once
 * it is tokenised.
 * @throws GenerationError UNDECODABLE_MESSAGE, INVALID_REQUEST
 */
export function takeMessage<Message>(request: DecodedRequest<Message>): Message {
  const message = readableMessage(request);
  if (request.type === "decoded") request.message = undefined;
  return message;
}

function undecodable(violations: readonly FieldViolation[]): GenerationError {
  const [first] = violations;
  // A problem of the message as a whole has an empty field.
  const subject = first === undefined || first.field === "" ? "it" : first.field;
  const text = `the message cannot be decoded: ${subject} ${first?.description ?? "is not protobuf"}`;
  return new GenerationError("UNDECODABLE_MESSAGE", text, { violations });
}
