import type * as grpc from "@grpc/grpc-js";
import { contractMethod, loadContract } from "./load-contract.js";
import { ownConnection } from "./own-connection.js";

const contract = loadContract({ defaults: true });

/** An event of GenerateStream by the names of the proto; only what tests read. */
export interface StreamMessage {
  readonly sequence: number;
  readonly event: "accepted" | "queued" | "prefill" | "chunk" | "heartbeat" | "completed";
  readonly accepted?: { readonly generation_id: string; readonly input_tokens: number; readonly seed: number };
  readonly chunk?: {
    readonly text: string;
    readonly token_count: number;
    readonly output_tokens: number;
    readonly token_ids?: number[];
  };
  readonly completed?: {
    readonly finish_reason: string;
    readonly restarts: number;
    readonly usage: UsageMessage;
    readonly timings: TimingsMessage;
  };
}

/** google.protobuf.Duration */
export interface DurationMessage {
  readonly seconds: number;
  readonly nanos: number;
}

interface TimingsMessage {
  readonly queue: DurationMessage;
  readonly prepare: DurationMessage;
  readonly total: DurationMessage;
}

interface UsageMessage {
  readonly input_tokens: number;
  readonly reused_input_tokens: number;
  readonly output_tokens: number;
}

/** One generation in an answer of GetLoad. */
interface GenerationLoadMessage {
  readonly generation_id: string;
  readonly state: string;
  readonly decoded_tokens: number;
  readonly delivered_tokens: number;
}

export interface LoadMessage {
  readonly slots_total: number;
  readonly slots_busy: number;
  readonly parked: number;
  readonly preempted: number;
  /** uint64, as a string. */
  readonly decoded_tokens_total: string;
  readonly prefilled_tokens_total: string;
  readonly preemptions_total: string;
  readonly reprefilled_tokens_total: string;
  readonly lanes: readonly { readonly lane: string; readonly waiting: number }[];
  readonly generations: readonly GenerationLoadMessage[];
}

/**
 * A client that knows nothing of our generated code: built at run time by @grpc/proto-loader from `proto/`. One connection of its own. Disposing closes it.
 */
export class RuntimeClient implements Disposable {
  readonly #client: grpc.Client;

  /** @param address host:port */
  constructor(address: string, options: grpc.ClientOptions = {}) {
    this.#client = ownConnection(address, options);
  }

  generateStream(request: object, options: grpc.CallOptions = {}): grpc.ClientReadableStream<StreamMessage> {
    const method = contractMethod(contract, "rill.v1.GenerationService/GenerateStream");
    const { requestSerialize, responseDeserialize } = method;
    const decode = (bytes: Buffer): StreamMessage => responseDeserialize(bytes) as StreamMessage;
    return this.#client.makeServerStreamRequest(method.path, requestSerialize, decode, request, options);
  }

  /** @param name such as rill.v1.ServerService/GetLoad */
  async unary(name: string, request: object, options: grpc.CallOptions = {}): Promise<unknown> {
    const { path, requestSerialize, responseDeserialize } = contractMethod(contract, name);
    return await new Promise((resolve, reject) => {
      const settle = (error: grpc.ServiceError | null, response?: object): void => {
        if (error === null) resolve(response);
        else reject(error);
      };
      this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, settle);
    });
  }

  async load(): Promise<LoadMessage> {
    const answer = (await this.unary("rill.v1.ServerService/GetLoad", {})) as { readonly load: LoadMessage };
    return answer.load;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** @param name such as rill.v1.GenerationService/GenerateStream; its request is what the wire of a raw client carries */
export function encodeRequest(name: string, request: object): Buffer {
  return contractMethod(contract, name).requestSerialize(request);
}

/** What a raw client received, as the proto names it. */
export function decodeStreamMessage(bytes: Buffer): StreamMessage {
  return contractMethod(contract, "rill.v1.GenerationService/GenerateStream").responseDeserialize(
    bytes,
  ) as StreamMessage;
}
