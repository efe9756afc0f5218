import {
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { DescriptorSet } from "../grpc/contract/descriptor-set.js";

export type { JsonObject, JsonValue };

/** A JSON value that does not fit its message type. The error's message names the field. */
export class ContractMismatch extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "ContractMismatch";
  }
}

/** One method of the contract, with its messages in protobuf's JSON mapping. */
export interface JsonMethod {
  /** The HTTP/2 path, such as /rill.v1.TokenService/Tokenize. */
  readonly path: string;
  /** Accepts both forms of a field's name, max_output_tokens and maxOutputTokens. @throws ContractMismatch */
  encodeRequest(request: JsonObject): Buffer;
  /** Returns the fields by their lower-camel names, without unset fields and without fields that the contract does not know. */
  decodeResponse(bytes: Uint8Array): JsonObject;
}

/**
 * The contract for a client without generated code. Requests and responses are JSON that the descriptors map, so a new field works without a new line of
 * code.
 */
export class ContractJson {
  readonly #descriptors: DescriptorSet;

  private constructor(descriptors: DescriptorSet) {
    this.#descriptors = descriptors;
  }

  /** @throws Error when the descriptors are missing or invalid */
  static async read(): Promise<ContractJson> {
    return new ContractJson(await DescriptorSet.read());
  }

  /** @param name such as rill.v1.TokenService/Tokenize @throws Error when the contract has no such method */
  method(name: string): JsonMethod {
    const { input, output } = this.#find(name);
    return {
      path: `/${name}`,
      encodeRequest: (request) => {
        try {
          return Buffer.from(toBinary(input, fromJson(input, request)));
        } catch (error) {
          throw new ContractMismatch(error);
        }
      },
      // The JSON form of a message is an object unless the message is a well-known type.
      decodeResponse: (bytes) => toJson(output, fromBinary(output, bytes)) as JsonObject,
    };
  }

  #find(name: string): DescMethod {
    const [service = "", method = ""] = name.split("/");
    const found = this.#descriptors.registry.getService(service)?.methods.find((each) => each.name === method);
    if (found === undefined) throw new Error(`the contract has no method ${name}`);
    return found;
  }
}
