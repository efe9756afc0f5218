import type { FieldViolation } from "../../core/field-violation.js";
import { GenerationError } from "../../core/generation-error.js";

/**
 * What came of a request's bytes. grpc-js turns a decoder that throws into INTERNAL; so decoding never throws, and the handler says what is wrong.
 */
export type DecodedRequest<Message> =
  /** `violations`: fields that the contract does not know, and keys given twice. The message can be read all the same. */
  | {
      readonly type: "decoded";
      /** undefined: it was taken. */
      message: Message | undefined;
      readonly violations: readonly FieldViolation[];
    }
  | { readonly type: "undecodable"; readonly violations: readonly FieldViolation[] };

/** The message, if it can be read. @throws GenerationError UNDECODABLE_MESSAGE */
export function readableMessage<Message>(request: DecodedRequest<Message>): Message {
  if (request.type === "decoded") {
    if (request.message === undefined) throw new Error("the message was taken before");
    return request.message;
  }
  const [first] = request.violations;
  const text = `the message cannot be decoded: ${first?.field ?? ""} ${first?.description ?? ""}`;
  throw new GenerationError("UNDECODABLE_MESSAGE", text, { violations: request.violations });
}

/**
 * The same, once: for calls that last. grpc-js keeps a request for as long as its call, and a prompt that has become tokens need not be kept.
 * @throws GenerationError UNDECODABLE_MESSAGE
 */
export function takeMessage<Message>(request: DecodedRequest<Message>): Message {
  const message = readableMessage(request);
  if (request.type === "decoded") request.message = undefined;
  return message;
}
