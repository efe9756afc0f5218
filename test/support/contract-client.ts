import * as grpc from "@grpc/grpc-js";
import type { PackageDefinition } from "@grpc/proto-loader";
import { contractMethod } from "./load-contract.js";
import { ownConnection } from "./own-connection.js";

/** A message as proto-loader has it, by the names of the proto. */
export type ContractMessage = Readonly<Record<string, unknown>>;

/** How a call of any kind ended, and what came before. */
export interface ContractResult {
  readonly messages: readonly ContractMessage[];
  readonly code: number;
  /** The text of the status. */
  readonly details: string;
  readonly metadata: grpc.Metadata;
}

/** Calls any method of a contract that was loaded at run time; knows nothing of our generated code. Disposing closes its connection. */
export class ContractClient implements Disposable {
  readonly #contract: PackageDefinition;
  readonly #client: grpc.Client;
  readonly #metadata: grpc.Metadata;

  /** @param address host:port @param metadata of every call */
  constructor(address: string, contract: PackageDefinition, metadata = new grpc.Metadata()) {
    this.#contract = contract;
    this.#metadata = metadata;
    this.#client = ownConnection(address);
  }

  /**
   * Sends the requests and reads to the end.
   * @param name such as rill.v1.ServerService/GetLoad
   * @param until ends an endless stream by a cancel once so many messages came
   */
  async call(name: string, requests: readonly object[], until = Infinity): Promise<ContractResult> {
    const { path, requestSerialize, responseDeserialize } = contractMethod(this.#contract, name);
    const decode = (bytes: Buffer): ContractMessage => responseDeserialize(bytes) as ContractMessage;
    // Every kind of method is a stream each way on the wire.
    const stream = this.#client.makeBidiStreamRequest(path, requestSerialize, decode, this.#metadata.clone());
    const messages: ContractMessage[] = [];
    stream.on("data", (message: ContractMessage) => {
      if (messages.push(message) >= until) stream.cancel();
    });
    stream.on("error", () => {});
    for (const request of requests) stream.write(request);
    stream.end();
    const { code, details, metadata } = await new Promise<grpc.StatusObject>((resolve) => stream.on("status", resolve));
    return { messages, code, details, metadata };
  }

  /** The one message of a call that goes well. @throws Error when it does not */
  async answer(name: string, request: object): Promise<ContractMessage> {
    const { messages, code } = await this.call(name, [request]);
    const [message] = messages;
    if (code !== 0 || message === undefined) throw new Error(`${name} ended with status ${code}`);
    return message;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
