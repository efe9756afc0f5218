import {
  GenerateRequest,
  GenerateResponse,
  GenerateStreamResponse,
} from "../../generated/rill/v1/generation_service.js";
import { tokensRequest } from "../support/test-client.js";
import { PARROT, type ParrotAnswer, type ParrotEvent } from "./parrot-service.js";

/** The call that every protocol can make. */
export interface ContractRequest {
  readonly tokens: readonly number[];
  readonly mostTokens: number;
  readonly key?: string;
  readonly name?: string;
}

/** One message of a stream, as far as every protocol tells it. */
interface ContractEvent {
  readonly number: number;
  readonly text: string | undefined;
  readonly isEnd: boolean;
}

/** A protocol with its messages as bytes. */
export interface Protocol {
  readonly name: string;
  /** Such as rill.v1.GenerationService. */
  readonly service: string;
  readonly encode: (request: ContractRequest) => Buffer;
  readonly decodeEvent: (bytes: Buffer) => ContractEvent;
  /** The text of the one answer. */
  readonly decodeAnswer: (bytes: Buffer) => string;
}

const RILL: Protocol = {
  name: "rill.v1",
  service: "rill.v1.GenerationService",
  encode: ({ tokens, mostTokens, key, name }) => {
    const stopping = { maxOutputTokens: mostTokens, stopSequences: [], stopTokenIds: [] };
    const named = { ...(key === undefined ? {} : { idempotencyKey: key }), ...(name && { requestId: name }) };
    return Buffer.from(GenerateRequest.encode(tokensRequest([...tokens], { stopping, ...named })).finish());
  },
  decodeEvent: (bytes) => {
    const { sequence, event } = GenerateStreamResponse.decode(bytes);
    const text = event?.$case === "chunk" ? event.value.text : undefined;
    return { number: sequence, text, isEnd: event?.$case === "completed" };
  },
  decodeAnswer: (bytes) => GenerateResponse.decode(bytes).text,
};

const PARROT_V1: Protocol = {
  name: "parrot.v1",
  service: "parrot.v1.Parrot",
  encode: ({ key = "", name = "", ...request }) =>
    PARROT.Generate?.requestSerialize({ ...request, key, name }) ?? Buffer.alloc(0),
  decodeEvent: (bytes) => {
    const { number, text, finish } = PARROT.GenerateStream?.responseDeserialize(bytes) as ParrotEvent;
    return { number, text, isEnd: finish !== undefined };
  },
  decodeAnswer: (bytes) => (PARROT.Generate?.responseDeserialize(bytes) as ParrotAnswer).text,
};

/** Each protocol beside the other one. */
export const PAIRS: readonly { readonly own: Protocol; readonly other: Protocol }[] = [
  { own: RILL, other: PARROT_V1 },
  { own: PARROT_V1, other: RILL },
];
