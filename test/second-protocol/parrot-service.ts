import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ReaderEvent } from "../../src/core/generation-message.js";
import type { GenerationRequest } from "../../src/core/generation-request.js";
import { type BackendSource, requireBackend } from "../../src/generation/call/backend.js";
import type { GenerationHost, RequestedCall } from "../../src/generation/claim/generation-call.js";
import { foldGeneration } from "../../src/generation/fold-generation.js";
import { openGeneration } from "../../src/generation/open-generation.js";
import type { CallContext, CallHost } from "../../src/grpc/call/call-context.js";
import { streamMethod, unaryMethod } from "../../src/grpc/call/service-methods.js";
import { type DecodedRequest, type StrictService, takeMessage } from "../../src/grpc/contract/service-definition.js";

const PROTO_FILE = fileURLToPath(new URL("../../../test/second-protocol/parrot.proto", import.meta.url));
const loaded = loadSync(PROTO_FILE, { defaults: true, oneofs: true });

interface ParrotRequest {
  readonly tokens: readonly number[];
  readonly mostTokens: number;
  readonly key: string;
  readonly name: string;
}

export interface ParrotAnswer {
  readonly generationId: string;
  readonly text: string;
  readonly finish: string;
}

/** One of the three is set. */
export interface ParrotEvent extends Partial<ParrotAnswer> {
  readonly number: number;
}

export const PARROT = loaded["parrot.v1.Parrot"] as unknown as ServiceDefinition;

/** The protocol's descriptors as a FileDescriptorSet. */
export function parrotDescriptors(): Uint8Array {
  const message = loaded["parrot.v1.ParrotRequest"] as unknown as { fileDescriptorProtos: Buffer[] };
  const file = message.fileDescriptorProtos.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }));
}

/** parrot.v1.Parrot, beside rill.v1 on the same server. */
export function createParrotService(
  host: CallHost,
  source: BackendSource & { readonly generations: GenerationHost },
): StrictService {
  const callOf = (
    request: DecodedRequest<ParrotRequest>,
    { handle, streams }: { handle: CallContext; streams: boolean },
  ): RequestedCall => {
    const parsed = toGenerationRequest(takeMessage(request));
    return { ...source.generations, request: parsed, backend: requireBackend(source), handle, streams };
  };

  const generate = async (request: DecodedRequest<ParrotRequest>, handle: CallContext): Promise<ParrotAnswer> => {
    const messages = await openGeneration(callOf(request, { handle, streams: false }));
    const bounds = { maxResponseBytes: host.limits.messageBytes, handle };
    const { accepted, output, completed } = await foldGeneration(messages, bounds);
    return { generationId: accepted.generationId, text: output.text, finish: completed.reason };
  };

  return {
    definition: PARROT,
    unwanted: "refused",
    access: { Generate: ["generate"], GenerateStream: ["generate"] },
    implementation: {
      Generate: unaryMethod(host, {
        method: "Generate",
        handle: generate,
        encode: (answer) => PARROT.Generate?.responseSerialize(answer) ?? Buffer.alloc(0),
      }),
      GenerateStream: streamMethod(host, {
        method: "GenerateStream",
        kind: "plain",
        handle: (request: DecodedRequest<ParrotRequest>, handle) =>
          openGeneration(callOf(request, { handle, streams: true })),
        toResponse: ({ sequence, event }): ParrotEvent => ({ number: sequence, ...toParrotFields(event) }),
        textBytes: ({ event }) => (event.type === "text" ? Buffer.byteLength(event.text) : 0),
        taken: (message) => message.taken(),
      }),
    },
  };
}

function toGenerationRequest({ tokens, mostTokens, key, name }: ParrotRequest): GenerationRequest {
  return {
    requestId: name === "" ? undefined : name,
    idempotency: key === "" ? undefined : { key },
    labels: new Map(),
    input: { type: "token_ids", tokenIds: tokens },
    sampling: {},
    stopping: { maxOutputTokens: mostTokens },
    output: {},
    lane: undefined,
    maxWaitMs: undefined,
    delivery: {},
  };
}

/** An event that the protocol has no word for is a message with its number alone. */
function toParrotFields(event: ReaderEvent): Partial<ParrotAnswer> {
  switch (event.type) {
    case "accepted":
      return { generationId: event.generationId };
    case "text":
      return { text: event.text };
    case "completed":
      return { finish: event.reason };
    default:
      return {};
  }
}
