import type { DescMessage, FileRegistry } from "@bufbuild/protobuf";
import type { MethodDefinition, Server, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { MethodAccess } from "../../core/calls.js";
import { type FieldViolation, GenerationError, invalidRequest } from "../../core/generation-error.js";
import { checkWire, type Unwanted } from "./wire-check.js";

/** A generated service and its handlers. */
export interface StrictService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** How unknown fields are handled. A standard protocol may demand that they are ignored. */
  readonly unwanted: Unwanted;
  /** The callers that each method takes, by the method's name in the definition. */
  readonly access: Readonly<Record<string, MethodAccess>>;
}

/** The full name of the service, such as rill.v1.GenerationService. */
export function serviceName({ definition }: StrictService): string {
  const [, name = ""] = Object.values(definition)[0]?.path.split("/") ?? [];
  return name;
}

/**
 * Serves every method of a generated service. Its requests arrive as DecodedRequest, strictly checked.
 * @throws Error for a method without a handler (grpc-js would respond with UNIMPLEMENTED), without a descriptor or without a rule of access, and for a
 * rule without a method
 */
export function addStrictService(
  server: Server,
  { definition, implementation, unwanted, access }: StrictService,
  registry: FileRegistry,
): void {
  requireAccess(definition, access);
  const strict: Record<string, MethodDefinition<unknown, unknown>> = {};
  for (const [name, method] of Object.entries(definition)) {
    if (typeof implementation[name] !== "function") throw new Error(`${method.path} has no handler`);
    strict[name] = {
      ...method,
      responseSerialize: passEncoded(method),
      requestDeserialize: strictDecoder(method, inputOf(method.path, registry), unwanted),
    };
  }
  server.addService(strict, implementation);
}

/** Holds the table of access complete, so that a new method is never open by oversight. */
function requireAccess(definition: StrictService["definition"], access: StrictService["access"]): void {
  for (const [name, { path }] of Object.entries(definition)) {
    if (!Object.hasOwn(access, name)) throw new Error(`${path} has no rule of access`);
  }
  for (const name of Object.keys(access)) {
    if (!Object.hasOwn(definition, name)) throw new Error(`the rule of access for ${name} has no method`);
  }
}

/** Passes an encoded response on as it is. */
function passEncoded({ responseSerialize }: MethodDefinition<unknown, unknown>): (response: unknown) => Buffer {
  return (response) => (response instanceof EncodedResponse ? response.bytes : responseSerialize(response));
}

function inputOf(path: string, registry: FileRegistry): DescMessage {
  const [, service = "", method = ""] = path.split("/");
  const found = registry.getService(service)?.methods.find((candidate) => candidate.name === method);
  if (found === undefined) throw new Error(`the descriptors lack ${path}: run npm run generate`);
  return found.input;
}

/**
 * Decodes a request without throwing, because grpc-js turns the exception of a decoder into INTERNAL. It does not decode messages that will be
 * refused.
 */
function strictDecoder(
  method: MethodDefinition<unknown, unknown>,
  input: DescMessage,
  unwanted: Unwanted,
): (bytes: Buffer) => DecodedRequest<unknown> {
  return (bytes) => {
    const found = checkWire(bytes, input, unwanted);
    if (found.unreadable.length > 0) return { type: "undecodable", violations: found.unreadable };
    if (found.unwanted.length > 0) return { type: "unwanted", violations: found.unwanted };
    try {
      return { type: "decoded", message: method.requestDeserialize(bytes) };
    } catch {
      // The check admits nothing that the generated decoder refuses. If it ever did, the caller's bytes would still be at fault.
      return { type: "undecodable", violations: [{ field: "", description: "is not a valid message" }] };
    }
  };
}

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

/** An encoded response. The service definition passes it on as it is. */
export class EncodedResponse {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}
