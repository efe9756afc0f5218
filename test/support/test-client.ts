import * as grpc from "@grpc/grpc-js";
import { HealthClient } from "../../generated/grpc/health/v1/health.js";
import { ServerReflectionClient } from "../../generated/grpc/reflection/v1/reflection.js";
import {
  type CancelGenerationRequest,
  type CancelGenerationResponse,
  type GenerateRequest,
  type GenerateResponse,
  GenerateStreamRequest,
  type GenerateStreamResponse,
  GenerationServiceClient,
  type GetGenerationRequest,
  type GetGenerationResponse,
} from "../../generated/rill/v1/generation_service.js";
import type { Generation } from "../../generated/rill/v1/generation.js";
import type { Load } from "../../generated/rill/v1/load.js";
import { ModelServiceClient } from "../../generated/rill/v1/model_service.js";
import { ServerServiceClient } from "../../generated/rill/v1/server_service.js";
import { TokenServiceClient } from "../../generated/rill/v1/token_service.js";
import { readDetails, type StatusDetails, statusDetails } from "./status-details.js";

/** All that came of one stream. */
export interface StreamResult<Message> {
  readonly messages: readonly Message[];
  readonly status: StatusDetails;
}

/** Every service on one connection, by the generated types. Disposing closes it. */
export class TestClient implements Disposable {
  readonly generation: GenerationServiceClient;
  readonly model: ModelServiceClient;
  readonly tokens: TokenServiceClient;
  readonly server: ServerServiceClient;
  readonly health: HealthClient;
  readonly reflection: ServerReflectionClient;

  /** @param address host:port, or unix:path */
  constructor(address: string, options: grpc.ClientOptions = {}, credentials = grpc.credentials.createInsecure()) {
    const ownConnection = { "grpc.use_local_subchannel_pool": 1, ...options };
    this.generation = new GenerationServiceClient(address, credentials, ownConnection);
    const shared = { ...options, channelOverride: this.generation.getChannel() };
    this.model = new ModelServiceClient(address, credentials, shared);
    this.tokens = new TokenServiceClient(address, credentials, shared);
    this.server = new ServerServiceClient(address, credentials, shared);
    this.health = new HealthClient(address, credentials, shared);
    this.reflection = new ServerReflectionClient(address, credentials, shared);
  }

  generate(request: GenerateRequest, options: grpc.CallOptions = {}): Promise<GenerateResponse> {
    return answerOf((settle) => this.generation.generate(request, new grpc.Metadata(), options, settle));
  }

  cancel(request: CancelGenerationRequest): Promise<CancelGenerationResponse> {
    return answerOf((settle) => this.generation.cancelGeneration(request, settle));
  }

  /** @throws Error, as every refused call */
  async known(target: NonNullable<GetGenerationRequest["target"]>): Promise<Generation> {
    const answer = await answerOf<GetGenerationResponse>((settle) => this.generation.getGeneration({ target }, settle));
    if (answer.generation === undefined) throw new Error("GetGeneration answered without a generation");
    return answer.generation;
  }

  async load(): Promise<Load> {
    const { load } = await answerOf<{ load?: Load | undefined }>((settle) => this.server.getLoad({}, settle));
    if (load === undefined) throw new Error("GetLoad answered without a load");
    return load;
  }

  /** Reads a generation to its end, good or bad. */
  stream(
    request: GenerateStreamRequest,
    options: grpc.CallOptions = {},
  ): Promise<StreamResult<GenerateStreamResponse>> {
    return resultOf(this.generation.generateStream(request, options));
  }

  [Symbol.dispose](): void {
    this.generation.close();
  }
}

/** A request with nothing but what is given. */
export function generationRequest(fields: Partial<GenerateStreamRequest>): GenerateStreamRequest {
  return { ...GenerateStreamRequest.decode(new Uint8Array()), ...fields };
}

export function promptRequest(prompt: string, fields: Partial<GenerateStreamRequest> = {}): GenerateStreamRequest {
  return generationRequest({ input: { $case: "prompt", value: prompt }, ...fields });
}

export function tokensRequest(ids: number[], fields: Partial<GenerateStreamRequest> = {}): GenerateStreamRequest {
  return generationRequest({ input: { $case: "tokenIds", value: { ids } }, ...fields });
}

/** A unary call as a promise. */
export function answerOf<Response>(
  call: (settle: (error: grpc.ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });
}

/** What a unary call was refused with. @throws Error when it was not */
export async function refusalOf(answer: Promise<unknown>): Promise<StatusDetails> {
  try {
    await answer;
  } catch (error) {
    return statusDetails(error as grpc.ServiceError);
  }
  throw new Error("the call was not refused");
}

/** Reads a stream to its end, good or bad. */
export async function resultOf<Message>(stream: grpc.ClientReadableStream<Message>): Promise<StreamResult<Message>> {
  const messages: Message[] = [];
  const status = new Promise<grpc.StatusObject>((resolve) => stream.on("status", resolve));
  stream.on("error", () => {});
  stream.on("data", (message: Message) => messages.push(message));
  const { code, details, metadata } = await status;
  return { messages, status: readDetails(code, details, metadata) };
}

/** The first message of a stream that satisfies. Reads on meanwhile. @throws Error when the stream ends before */
export async function messageOf<Message>(
  stream: grpc.ClientReadableStream<Message>,
  satisfies: (message: Message) => boolean,
): Promise<Message> {
  return await new Promise((resolve, reject) => {
    stream.on("data", (message: Message) => {
      if (satisfies(message)) resolve(message);
    });
    stream.on("error", reject);
    stream.on("end", () => reject(new Error("the stream ended before")));
  });
}
