import * as grpc from "@grpc/grpc-js";
import { GenerateStreamRequest, GenerateStreamResponse } from "../../generated/rill/v1/generation_service.js";
import { ownConnection } from "../support/own-connection.js";
import { promptRequest } from "../support/test-client.js";
import type { BareWork } from "./bare-work.js";

/** What came of one stream that was read to its end. */
export interface StreamSeen {
  readonly messages: number;
  readonly bytes: number;
  /** From the call's opening to the first message with output. */
  readonly firstOutputMs: number;
}

export interface RillWork {
  readonly prompt: string;
  readonly outputTokens: number;
  /** The metadata of that name; undefined for none. */
  readonly authorization?: string | undefined;
}

/** A path's client on a connection of its own: one for Rill or one for the bare server. Looks at no more of the messages than it has to. */
export class PathClient implements Disposable {
  readonly #client: grpc.Client;

  /**
   * @param address host:port
   * @param credentials those of a TLS address; undefined: the address is plaintext
   */
  constructor(address: string, credentials?: grpc.ChannelCredentials) {
    this.#client = ownConnection(address, {}, credentials);
  }

  /** @throws Error where the output was not as long as asked for */
  async generate({ prompt, outputTokens, authorization }: RillWork): Promise<StreamSeen> {
    const openedAtMs = performance.now();
    const call = this.openRill({ prompt, outputTokens, authorization });
    let firstOutputMs: number | undefined;
    let [messages, bytes] = [0, 0];
    let last: Buffer = Buffer.alloc(0);
    for await (const message of call as AsyncIterable<Buffer>) {
      if (firstOutputMs === undefined && hasOutput(message)) firstOutputMs = performance.now() - openedAtMs;
      messages++;
      bytes += message.length;
      last = message;
    }
    const { event } = GenerateStreamResponse.decode(last);
    const made = event?.$case === "completed" ? event.value.usage?.outputTokens : undefined;
    if (made !== outputTokens) throw new Error(`asked for ${outputTokens} tokens, received ${made ?? "no end"}`);
    return { messages, bytes, firstOutputMs: firstOutputMs ?? 0 };
  }

  /** A generation that never ends by itself, as far as a bench is concerned. */
  openRill({ prompt, outputTokens, authorization }: RillWork): grpc.ClientReadableStream<Buffer> {
    const stopping = {
      maxOutputTokens: outputTokens,
      ignoreEndOfGeneration: true,
      stopSequences: [],
      stopTokenIds: [],
    };
    const request = promptRequest(prompt, { stopping });
    const path = "/rill.v1.GenerationService/GenerateStream";
    return this.#open(path, GenerateStreamRequest.encode(request).finish(), authorization);
  }

  async stream(work: Partial<BareWork>): Promise<StreamSeen> {
    const openedAtMs = performance.now();
    let firstOutputMs: number | undefined;
    let [messages, bytes] = [0, 0];
    for await (const message of this.openBare(work) as AsyncIterable<Buffer>) {
      firstOutputMs ??= performance.now() - openedAtMs;
      messages++;
      bytes += message.length;
    }
    return { messages, bytes, firstOutputMs: firstOutputMs ?? 0 };
  }

  openBare(work: Partial<BareWork>): grpc.ClientReadableStream<Buffer> {
    const whole: BareWork = { messages: 1, messageBytes: 64, intervalMs: 0, hold: false, refuse: false, ...work };
    return this.#open("/bare/Stream", Buffer.from(JSON.stringify(whole)));
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  #open(path: string, request: Uint8Array, authorization?: string): grpc.ClientReadableStream<Buffer> {
    const metadata = new grpc.Metadata();
    if (authorization !== undefined) metadata.set("authorization", authorization);
    return this.#client.makeServerStreamRequest(path, asItIs, asItIs, Buffer.from(request), metadata);
  }
}

function hasOutput(message: Buffer): boolean {
  return GenerateStreamResponse.decode(message).event?.$case === "chunk";
}

function asItIs(bytes: Buffer): Buffer {
  return bytes;
}
