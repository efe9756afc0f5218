import type { ClientReadableStream } from "@grpc/grpc-js";
import { resultOf, messageOf, type StreamResult, TestClient } from "../support/test-client.js";
import type { GenerateStreamRequest, GenerateStreamResponse } from "../../generated/rill/v1/generation_service.js";
import type { Session } from "../../generated/rill/v1/session.js";
import type { TurnInput } from "../../generated/rill/v1/turn_input.js";
import { TestServer, type TestServerOptions } from "../support/test-server.js";
import { SessionClient } from "./session-client.js";
import { turnRequest } from "./turn-request.js";

/** Says again what it read, slowly and for ever. */
export const SLOW_AND_ENDLESS: TestServerOptions = { engine: { cycle: true, stepMs: 5 } };

/** An answer of at most so many tokens. */
export function atMost(maxOutputTokens: number): Pick<GenerateStreamRequest, "stopping"> {
  return { stopping: { stopSequences: [], stopTokenIds: [], maxOutputTokens } };
}

/** A server, a client on it, and a session of the test's own. */
export interface Scene {
  readonly server: TestServer;
  readonly client: TestClient;
  readonly sessions: SessionClient;
  readonly session: Session;
  /** A turn of the session. */
  readonly turn: (turn?: Partial<TurnInput>, fields?: Partial<GenerateStreamRequest>) => GenerateStreamRequest;
}

export async function scene(options: TestServerOptions, act: (scene: Scene) => Promise<void>): Promise<void> {
  await using server = await TestServer.start(options);
  await onServer(server, act);
}

/** The same on a server that others use too. */
export async function onServer(server: TestServer, act: (scene: Scene) => Promise<void>): Promise<void> {
  using client = new TestClient(server.address);
  using sessions = new SessionClient(server.address);
  const session = await sessions.create();
  const turn: Scene["turn"] = (fields = {}, others = {}) =>
    turnRequest({ ...fields, sessionId: fields.sessionId ?? session.sessionId }, others);
  await act({ server, client, sessions, session, turn });
}

/** A turn that runs: has sent text, and waits for what the test does. */
export async function startTurn(
  { client }: Scene,
  request: GenerateStreamRequest,
): Promise<{
  stream: ClientReadableStream<GenerateStreamResponse>;
  result: Promise<StreamResult<GenerateStreamResponse>>;
}> {
  const stream = client.generation.generateStream(request);
  const result = resultOf(stream);
  await messageOf(stream, ({ event }) => event?.$case === "chunk" && event.value.text !== "");
  return { stream, result };
}
