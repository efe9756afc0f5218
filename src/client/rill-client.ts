import {
  type CallOptions as GrpcCallOptions,
  Client,
  type ClientReadableStream,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { onAbort } from "../sync/abort.js";
import { CallFailure } from "./call-failure.js";
import { channelCredentials, channelSecurityOptions, type ClientSecurity } from "./client-security.js";
import { ContractJson, type JsonObject } from "./contract-json.js";

/** The largest response that the client accepts, which is the largest that a server can be set to send. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

export interface RillClientOptions {
  /** `host:port` or `unix:path`. */
  readonly address: string;
  /** Whether to use the proxy that the environment names. Servers on this machine need none. */
  readonly useProxy: boolean;
  /** The security of the connections, or undefined for plaintext. */
  readonly security: ClientSecurity | undefined;
  /** The key or token that every call sends, or undefined for none. */
  readonly token: string | undefined;
}

export interface CallOptions {
  /** Cancels the call. */
  readonly signal: AbortSignal;
  /** The time from now, at most 24.8 days. undefined means that the call has no deadline. */
  readonly deadlineMs: number | undefined;
}

/** A program's connection to a server. Disposing closes it. */
export class RillClient implements Disposable {
  readonly #contract: ContractJson;
  readonly #client: Client;
  readonly #token: string | undefined;

  /** Reads the contract. The first call opens the connection. */
  static async open(options: RillClientOptions): Promise<RillClient> {
    return new RillClient(await ContractJson.read(), options);
  }

  private constructor(contract: ContractJson, { address, useProxy, security, token }: RillClientOptions) {
    this.#contract = contract;
    this.#token = token;
    this.#client = new Client(address, channelCredentials(security), {
      ...channelSecurityOptions(security),
      "grpc.max_receive_message_length": MAX_RESPONSE_BYTES,
      "grpc.enable_http_proxy": useProxy ? 1 : 0,
    });
  }

  /**
   * Calls a method with a streamed response and yields its messages in order. While the caller does not ask for the next one, the connection's window
   * fills and the server's decoding stops. Leaving the loop cancels the call.
   *
   * @param name such as rill.v1.GenerationService/GenerateStream
   * @throws ContractMismatch before the call, CallFailure, or the signal's reason
   */
  async *stream(name: string, request: JsonObject, options: CallOptions): AsyncGenerator<JsonObject> {
    const method = this.#contract.method(name);
    const bytes = method.encodeRequest(request);
    options.signal.throwIfAborted();
    const call = this.#client.makeServerStreamRequest(
      method.path,
      asItIs,
      asItIs,
      bytes,
      this.#metadata(),
      toGrpcOptions(options),
    );
    // Nothing else listens after the loop is left.
    call.on("error", () => undefined);
    using _unhook = onAbort(options.signal, () => call.cancel());
    try {
      for await (const message of received(call, options.signal)) yield method.decodeResponse(message);
    } finally {
      call.cancel();
    }
  }

  /**
   * Calls a method with one response.
   *
   * @throws ContractMismatch before the call, CallFailure, or the signal's reason
   */
  async unary(name: string, request: JsonObject, options: CallOptions): Promise<JsonObject> {
    const method = this.#contract.method(name);
    const bytes = method.encodeRequest(request);
    options.signal.throwIfAborted();
    const answer = await new Promise<Buffer>((resolve, reject) => {
      const settle = (error: ServiceError | null, message?: Buffer): void => {
        unhook[Symbol.dispose]();
        if (error === null && message !== undefined) resolve(message);
        else reject(failureOf(error, options.signal));
      };
      const call = this.#client.makeUnaryRequest(
        method.path,
        asItIs,
        asItIs,
        bytes,
        this.#metadata(),
        toGrpcOptions(options),
        settle,
      );
      const unhook = onAbort(options.signal, () => call.cancel());
    });
    return method.decodeResponse(answer);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    if (this.#token !== undefined) metadata.set("authorization", `Bearer ${this.#token}`);
    return metadata;
  }
}

async function* received(call: ClientReadableStream<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* call as AsyncIterable<Buffer>;
  } catch (error) {
    throw failureOf(error, signal);
  }
}

/** The signal's reason if the signal ended the call, and otherwise the call's failure. */
function failureOf(error: unknown, signal: AbortSignal): Error {
  return signal.aborted ? (signal.reason as Error) : new CallFailure(error as ServiceError);
}

function asItIs(bytes: Buffer): Buffer {
  return bytes;
}

function toGrpcOptions({ deadlineMs }: CallOptions): GrpcCallOptions {
  return deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
}
