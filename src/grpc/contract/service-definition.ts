import type { DescMessage, FileRegistry } from "@bufbuild/protobuf";
import type { MethodDefinition, Server, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { DecodedRequest } from "./decoded-request.js";
import { checkWire, type Unwanted } from "./wire-check.js";

/** A generated service and what answers its calls. */
export interface StrictService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** Fields that the contract does not have. A standard protocol may demand that they are ignored. */
  readonly unwanted: Unwanted;
}

/** Such as rill.v1.GenerationService. */
export function serviceName({ definition }: StrictService): string {
  const [, name = ""] = Object.values(definition)[0]?.path.split("/") ?? [];
  return name;
}

/**
 * Serves every method of a generated service; its requests arrive as DecodedRequest, strictly read.
 * @throws Error for a method without a handler (grpc-js would answer UNIMPLEMENTED) or without a descriptor
 */
export function addStrictService(
  server: Server,
  { definition, implementation, unwanted }: StrictService,
  registry: FileRegistry,
): void {
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

/** A response that is encoded already goes out as it is. */
function passEncoded({ responseSerialize }: MethodDefinition<unknown, unknown>): (response: unknown) => Buffer {
  return (response) => (response instanceof EncodedResponse ? response.bytes : responseSerialize(response));
}

function inputOf(path: string, registry: FileRegistry): DescMessage {
  const [, service = "", method = ""] = path.split("/");
  const found = registry.getService(service)?.methods.find((candidate) => candidate.name === method);
  if (found === undefined) throw new Error(`the descriptors lack ${path}: run npm run generate`);
  return found.input;
}

/** grpc-js turns a decoder that throws into INTERNAL, so this one does not. What is going to be refused is not decoded. */
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
      // The check lets nothing through that the generated decoder refuses; should it ever, the caller's bytes are at fault all the same.
      return { type: "undecodable", violations: [{ field: "", description: "is not a valid message" }] };
    }
  };
}

/** A response as the bytes that go out. The service definition passes them on as they are. */
export class EncodedResponse {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}
