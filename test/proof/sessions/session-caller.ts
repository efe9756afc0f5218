import * as grpc from "@grpc/grpc-js";
import type {
  GenerateResponse,
  GenerateStreamRequest,
  GenerateStreamResponse,
} from "../../../generated/rill/v1/generation_service.js";
import type { Session } from "../../../generated/rill/v1/session.js";
import { type ListTurnsResponse, SessionServiceClient } from "../../../generated/rill/v1/session_service.js";
import { statusDetails } from "../../support/status-details.js";
import { answerOf, TestClient } from "../../support/test-client.js";
import { userSays } from "../../rill/turn-request.js";
import type { AcceptedTurn, ObservedCall, StoredSession, StoredStatus, TurnCall } from "./session-history.js";
import type { SessionNotes } from "./session-notes.js";
import { statusOfFinish, toStoredTurn } from "./stored-turn.js";

/** A call that takes longer hangs. */
const LIMIT_MS = 30_000;
const PAGE = 1_000;

/** A turn that is to be asked for. */
export interface TurnToAsk {
  readonly sessionId: string;
  readonly said: string | undefined;
  readonly key: string | undefined;
  readonly request: GenerateStreamRequest;
  readonly streams: boolean;
}

interface Written {
  readonly session?: Session | undefined;
}

/** One client on a connection of its own: makes calls, and notes what it is told. No call of it throws for what the server answers. */
export class SessionCaller implements Disposable {
  readonly #client: TestClient;
  readonly #sessions: SessionServiceClient;
  readonly #notes: SessionNotes;

  constructor(address: string, notes: SessionNotes) {
    this.#client = new TestClient(address);
    const shared = { channelOverride: this.#client.generation.getChannel() };
    this.#sessions = new SessionServiceClient(address, grpc.credentials.createInsecure(), shared);
    this.#notes = notes;
  }

  /** @throws grpc.ServiceError */
  async create(): Promise<string> {
    const request = { labels: new Map<string, string>(), idleTimeout: undefined, messages: [userSays("Begin.")] };
    const { session } = await answerOf<Written>((settle) => this.#sessions.createSession(request, ...ask(settle)));
    return session?.sessionId ?? "";
  }

  /** Asks for a turn, and leaves after a while where that is given. */
  async turn(asked: TurnToAsk, leaveAfterMs: number | undefined): Promise<TurnCall> {
    const { sessionId, said, key, streams } = asked;
    const begun = { type: "turn", sessionId, sentMs: performance.now(), said, key } as const;
    const seen = streams ? await this.#stream(asked, leaveAfterMs) : await this.#unary(asked, leaveAfterMs);
    const call: TurnCall = { ...begun, ...seen };
    this.#notes.note(call);
    return call;
  }

  async append(sessionId: string, said: string): Promise<ObservedCall> {
    const request = { sessionId, expectedRevision: undefined, messages: [userSays(said)] };
    return await this.#write(
      { type: "append", sessionId, said },
      {
        send: (settle) => this.#sessions.appendMessages(request, ...ask(settle)),
        toEnd: ({ revision, turns }) => ({ revision, number: turns }),
      },
    );
  }

  async update(sessionId: string, label: string): Promise<ObservedCall> {
    const labels = { entries: new Map([["label", label]]) };
    const request = { sessionId, expectedRevision: undefined, labels, idleTimeout: undefined };
    return await this.#write(
      { type: "update", sessionId },
      {
        send: (settle) => this.#sessions.updateSession(request, ...ask(settle)),
        toEnd: ({ revision }) => ({ revision }),
      },
    );
  }

  async fork(sessionId: string): Promise<ObservedCall> {
    const request = { sessionId, atTurn: undefined, labels: undefined };
    return await this.#write(
      { type: "fork", sessionId },
      {
        send: (settle) => this.#sessions.forkSession(request, ...ask(settle)),
        toEnd: (session) => ({ forkId: session.sessionId, turns: session.turns }),
      },
    );
  }

  /** Reads the session, with or without its turns. undefined: it could not be read. */
  async read(sessionId: string, withTurns: boolean): Promise<StoredSession | undefined> {
    const sentMs = performance.now();
    try {
      const answer = withTurns ? await this.#listTurns(sessionId) : await this.#get(sessionId);
      this.#notes.note({ type: "read", sessionId, sentMs, atMs: performance.now(), ...answer });
      return { sessionId, revision: answer.revision, turns: answer.turns ?? [] };
    } catch (error) {
      this.#notes.endOf(error as grpc.ServiceError, `a read of ${sessionId}`);
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }

  async #get(sessionId: string): Promise<{ revision: number; turns: undefined }> {
    const { session } = await answerOf<Written>((settle) => this.#sessions.getSession({ sessionId }, ...ask(settle)));
    return { revision: session?.revision ?? 0, turns: undefined };
  }

  async #listTurns(sessionId: string): Promise<{ revision: number; turns: StoredSession["turns"] }> {
    const request = { sessionId, pageSize: PAGE };
    const { turns, revision, nextPageToken } = await answerOf<ListTurnsResponse>((settle) =>
      this.#sessions.listTurns(request, ...ask(settle)),
    );
    if (nextPageToken !== "") throw new Error("the session has grown longer than one page");
    return { revision, turns: turns.map(toStoredTurn) };
  }

  async #write(
    begun: { readonly type: "append" | "update" | "fork"; readonly sessionId: string; readonly said?: string },
    { send, toEnd }: { send: (settle: Settle<Written>) => unknown; toEnd: (session: Session) => object },
  ): Promise<ObservedCall> {
    const sent = { ...begun, sentMs: performance.now() };
    let end: object;
    try {
      const { session } = await answerOf<Written>(send);
      if (session === undefined) throw new Error("an answer came without a session");
      end = { type: "done", atMs: performance.now(), ...toEnd(session) };
      this.#notes.onAcknowledged();
    } catch (error) {
      end = this.#notes.endOf(error as grpc.ServiceError, `an ${begun.type} to ${begun.sessionId}`);
    }
    const call = { ...sent, end } as ObservedCall;
    this.#notes.note(call);
    return call;
  }

  async #stream({ request, sessionId }: TurnToAsk, leaveAfterMs: number | undefined): Promise<Seen> {
    const stream = this.#client.generation.generateStream(request, { deadline: Date.now() + LIMIT_MS });
    using _leaving = leaveAfter(stream, leaveAfterMs);
    let accepted: AcceptedTurn | undefined;
    let end: TurnCall["end"] | undefined;
    let text = "";
    stream.on("error", () => undefined);
    stream.on("data", ({ event }: GenerateStreamResponse) => {
      const atMs = performance.now();
      if (event?.$case === "accepted") {
        const { turn, generationId } = event.value;
        accepted = { number: turn?.number ?? 0, revision: turn?.revision ?? 0, generationId, atMs };
        this.#notes.onAcknowledged();
      } else if (event?.$case === "chunk") {
        text += event.value.text;
      } else if (event?.$case === "completed") {
        end = completed(event.value, atMs);
        this.#notes.onAcknowledged();
      }
    });
    const status = await new Promise<grpc.StatusObject>((resolve) => stream.on("status", resolve));
    return { accepted, text, end: end ?? this.#turnEndOf(status, sessionId) };
  }

  async #unary({ request, sessionId }: TurnToAsk, leaveAfterMs: number | undefined): Promise<Seen> {
    let leaving: Disposable | undefined;
    try {
      const answer = await answerOf<GenerateResponse>((settle) => {
        leaving = leaveAfter(this.#client.generation.generate(request, ...ask(settle)), leaveAfterMs);
      });
      const atMs = performance.now();
      this.#notes.onAcknowledged();
      const { turn, generationId, text } = answer;
      const accepted = { number: turn?.number ?? 0, revision: turn?.revision ?? 0, generationId, atMs };
      return { accepted, text, end: completed(answer, atMs) };
    } catch (error) {
      return { accepted: undefined, text: "", end: this.#turnEndOf(error as grpc.ServiceError, sessionId) };
    } finally {
      leaving?.[Symbol.dispose]();
    }
  }

  #turnEndOf(error: Pick<grpc.ServiceError, "code" | "details" | "metadata">, sessionId: string): TurnCall["end"] {
    const { reason, facts } = statusDetails(error);
    if (reason !== "TURN_ENDED") return this.#notes.endOf(error, `a turn of ${sessionId}`);
    const turn = {
      number: Number(facts.turn),
      status: facts.status as StoredStatus,
      endRevision: Number(facts.revision),
    };
    return { type: "over", atMs: performance.now(), turn };
  }
}

type Seen = Pick<TurnCall, "accepted" | "text" | "end">;
type Settle<Response> = (error: grpc.ServiceError | null, response: Response) => void;

/** The rest of a unary call's arguments. */
function ask<Response>(settle: Settle<Response>): [grpc.Metadata, grpc.CallOptions, Settle<Response>] {
  return [new grpc.Metadata(), { deadline: Date.now() + LIMIT_MS }, settle];
}

function leaveAfter(call: { cancel(): void }, leaveAfterMs: number | undefined): Disposable {
  const timer = leaveAfterMs === undefined ? undefined : setTimeout(() => call.cancel(), leaveAfterMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

function completed(
  { finishReason, sessionRevision }: Pick<GenerateResponse, "finishReason" | "sessionRevision">,
  atMs: number,
): TurnCall["end"] {
  return { type: "completed", atMs, revision: sessionRevision ?? 0, status: statusOfFinish(finishReason) };
}
