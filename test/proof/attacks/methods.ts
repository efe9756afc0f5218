import { grpcFrame } from "../../support/http2-frames.js";
import { encodeRequest } from "../../support/runtime-client.js";

/** The methods that are attacked, as a path names them. */
export const METHOD = {
  stream: "rill.v1.GenerationService/GenerateStream",
  health: "grpc.health.v1.Health/Check",
  reflection: "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
  load: "rill.v1.ServerService/GetLoad",
  createSession: "rill.v1.SessionService/CreateSession",
  listSessions: "rill.v1.SessionService/ListSessions",
  listTurns: "rill.v1.SessionService/ListTurns",
} as const;

/** A framed request. @param method one of METHOD's */
export function framed(method: string, request: object): Buffer {
  return grpcFrame(encodeRequest(method, request));
}

/** A generation of so many tokens, framed. */
export function framedGeneration(outputTokens: number, others: object = {}): Buffer {
  const stopping = { max_output_tokens: outputTokens, ignore_end_of_generation: true };
  return framed(METHOD.stream, { prompt: "ab", stopping, ...others });
}
