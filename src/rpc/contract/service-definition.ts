import type { DescMessage, FileRegistry } from "@bufbuild/protobuf";
import type { MethodDefinition, Server, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { DecodedRequest } from "../request/decoded-request.js";
import { checkWire } from "../request/wire-check.js";

/** A generated service and what answers its calls. */
export interface StrictService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
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
  { definition, implementation }: StrictService,
  registry: FileRegistry,
): void {
  const strict: Record<string, MethodDefinition<unknown, unknown>> = {};
  for (const [name, method] of Object.entries(definition)) {
    if (typeof implementation[name] !== "function") throw new Error(`${method.path} has no handler`);
    strict[name] = { ...method, requestDeserialize: strictDecoder(method, inputOf(method.path, registry)) };
  }
  server.addService(strict, implementation);
}

function inputOf(path: string, registry: FileRegistry): DescMessage {
  const [, service = "", method = ""] = path.split("/");
  const found = registry.getService(service)?.methods.find((candidate) => candidate.name === method);
  if (found === undefined) throw new Error(`the descriptors lack ${path}: run npm run generate`);
  return found.input;
}

/** grpc-js turns a decoder that throws into INTERNAL; so this one never does. */
function strictDecoder(
  method: MethodDefinition<unknown, unknown>,
  input: DescMessage,
): (bytes: Buffer) => DecodedRequest<unknown> {
  return (bytes) => {
    const { unreadable, unwanted } = checkWire(bytes, input);
    if (unreadable.length > 0) return { type: "undecodable", violations: unreadable };
    try {
      return { type: "decoded", message: method.requestDeserialize(bytes), violations: unwanted };
    } catch {
      // The check lets nothing through that the generated decoder refuses; should it ever, the caller's bytes are at fault all the same.
      return { type: "undecodable", violations: [{ field: "", description: "is not a valid message" }] };
    }
  };
}
