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

/** A JSON value that is not the message it should be; the message names the field. */
export class ContractMismatch extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "ContractMismatch";
  }
}

/** One method of the contract, its messages by the JSON mapping of protobuf. */
export interface JsonMethod {
  /** As HTTP/2 has it: /rill.v1.TokenService/Tokenize */
  readonly path: string;
  /** Takes fields by either name, max_output_tokens or maxOutputTokens. @throws ContractMismatch */
  encodeRequest(request: JsonObject): Buffer;
  /** Fields by their lower-camel names; those without a value are left out, and so are those that the contract does not know. */
  decodeResponse(bytes: Uint8Array): JsonObject;
}

/**
 * The contract as a client without generated code for each message needs it: requests and answers are JSON, mapped by the descriptors. So a new field
 * is in reach of a flag, and in what is printed, without a line here.
 */
export class ContractJson {
  readonly #descriptors: DescriptorSet;

  private constructor(descriptors: DescriptorSet) {
    this.#descriptors = descriptors;
  }

  /** @throws Error when the descriptors are missing or broken */
  static async read(): Promise<ContractJson> {
    return new ContractJson(await DescriptorSet.read());
  }

  /** @param name such as rill.v1.TokenService/Tokenize @throws Error where the contract has no such method */
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
      // A message that is no well-known type is an object.
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
