import * as grpc from "@grpc/grpc-js";
import type { Session, Turn } from "../../generated/rill/v1/session.js";
import {
  type AppendMessagesRequest,
  type AppendMessagesResponse,
  type CreateSessionRequest,
  type CreateSessionResponse,
  type DeleteSessionRequest,
  type DeleteSessionResponse,
  type ForkSessionRequest,
  type ForkSessionResponse,
  type GetSessionResponse,
  type ListSessionsRequest,
  type ListSessionsResponse,
  type ListTurnsRequest,
  type ListTurnsResponse,
  SessionServiceClient,
  type UpdateSessionRequest,
  type UpdateSessionResponse,
} from "../../generated/rill/v1/session_service.js";

type Settle<Response> = (error: grpc.ServiceError | null, response: Response) => void;

/** SessionService on a connection of its own, as promises. Disposing closes it. */
export class SessionClient implements Disposable {
  readonly #service: SessionServiceClient;

  constructor(address: string, options: grpc.ClientOptions = {}) {
    const ownConnection = { "grpc.use_local_subchannel_pool": 1, ...options };
    this.#service = new SessionServiceClient(address, grpc.credentials.createInsecure(), ownConnection);
  }

  async create(request: Partial<CreateSessionRequest> = {}): Promise<Session> {
    const full = { labels: new Map(), idleTimeout: undefined, messages: [], ...request };
    return sessionOf(await ask<CreateSessionResponse>((settle) => this.#service.createSession(full, settle)));
  }

  async get(sessionId: string | undefined): Promise<Session> {
    return sessionOf(await ask<GetSessionResponse>((settle) => this.#service.getSession({ sessionId }, settle)));
  }

  async update(request: UpdateSessionRequest): Promise<Session> {
    return sessionOf(await ask<UpdateSessionResponse>((settle) => this.#service.updateSession(request, settle)));
  }

  list(request: ListSessionsRequest = {}): Promise<ListSessionsResponse> {
    return ask((settle) => this.#service.listSessions(request, settle));
  }

  listTurns(request: ListTurnsRequest): Promise<ListTurnsResponse> {
    return ask((settle) => this.#service.listTurns(request, settle));
  }

  async turns(sessionId: string): Promise<readonly Turn[]> {
    return (await this.listTurns({ sessionId })).turns;
  }

  delete(request: DeleteSessionRequest): Promise<DeleteSessionResponse> {
    return ask((settle) => this.#service.deleteSession(request, settle));
  }

  async fork(request: ForkSessionRequest): Promise<Session> {
    return sessionOf(await ask<ForkSessionResponse>((settle) => this.#service.forkSession(request, settle)));
  }

  async append(request: AppendMessagesRequest): Promise<Session> {
    return sessionOf(await ask<AppendMessagesResponse>((settle) => this.#service.appendMessages(request, settle)));
  }

  [Symbol.dispose](): void {
    this.#service.close();
  }
}

function sessionOf({ session }: { session?: Session | undefined }): Session {
  if (session === undefined) throw new Error("an answer came without a session");
  return session;
}

function ask<Response>(call: (settle: Settle<Response>) => grpc.ClientUnaryCall): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => {
      if (error === null) resolve(plainOf(response) as Response);
      else reject(error);
    });
  });
}

/** The message without the fields for what the decoder did not know, which are empty: so that it equals what a test writes down. */
function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (value === null || typeof value !== "object" || value instanceof Map) return value;
  const known = Object.entries(value).filter(([name]) => name !== "_unknownFields");
  return Object.fromEntries(known.map(([name, field]) => [name, plainOf(field)]));
}
