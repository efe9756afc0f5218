import {
  type ListSessionsRequest,
  ListSessionsResponse,
  type ListTurnsRequest,
  ListTurnsResponse,
} from "../../../generated/rill/v1/session_service.js";
import { GenerationError } from "../../core/generation-error.js";
import { storedValue } from "../../generation/call/refusals.js";
import type { CallContext, CallHost } from "../../grpc/call/call-context.js";
import { type DecodedRequest, EncodedResponse } from "../../grpc/contract/service-definition.js";
import type { RunningTurns } from "../../sessions/running-turns.js";
import type { PageBounds, SessionStore } from "../../sessions/session-store.js";
import type { SessionKey, Turn } from "../../sessions/session.js";
import { Permits } from "../../sync/lock.js";
import { parseListSessions, parseListTurns, writePageToken } from "../parse/parse-list-requests.js";
import { toSessionMessage, toTurnMessage } from "../response/session-messages.js";

/** The number of pages that are read concurrently. The others wait and hold nothing. */
const MAX_PAGES_READ = 4;
/** The bytes that one read of the store returns. Decoding them takes the main thread a millisecond or two. */
const READ_BYTES = 256 * 1024;
/** The number of sessions that one read of the store returns. The labels of a session take 10 KiB at most. */
const READ_SESSIONS = 32;

interface SessionPagesOptions {
  readonly host: CallHost;
  readonly store: SessionStore;
  readonly running: RunningTurns;
}

/**
 * Implements ListTurns and ListSessions. A page can have megabytes, so it is read from the store and encoded piece by piece at the host's pace, a few
 * pages at a time. It counts as a response of the largest size before it is read.
 */
export class SessionPages {
  readonly #options: SessionPagesOptions;
  readonly #permits = new Permits(MAX_PAGES_READ);

  constructor(options: SessionPagesOptions) {
    this.#options = options;
  }

  readonly listSessions = async (
    request: DecodedRequest<ListSessionsRequest>,
    context: CallContext,
  ): Promise<EncodedResponse> => {
    const { host, store } = this.#options;
    const parsed = parseListSessions(request, host.limits);
    using _permit = await this.#begin(context);
    const builder = new PageBuilder(parsed);
    let { after } = parsed;
    for (let more = true; more && !builder.isFull;) {
      context.signal.throwIfAborted();
      const bounds = partOf(builder.room, READ_SESSIONS);
      const page = storedValue(await store.list({ owner: context.caller.tenant, ...bounds, after }));
      after = page.sessions.at(-1) ?? after;
      await host.pace.run(() => {
        for (const session of page.sessions) {
          const token = writePageToken([session.createdMs, session.sessionId]);
          builder.add(encodeSessions({ sessions: [toSessionMessage(session)], nextPageToken: "" }), token);
        }
      });
      ({ more } = page);
      builder.endsWith(more);
    }
    return builder.finish((nextPageToken) => encodeSessions({ sessions: [], nextPageToken }));
  };

  readonly listTurns = async (
    request: DecodedRequest<ListTurnsRequest>,
    context: CallContext,
  ): Promise<EncodedResponse> => {
    const { host, store } = this.#options;
    const parsed = parseListTurns(request, host.limits);
    const key = { owner: context.caller.tenant, sessionId: parsed.sessionId };
    using _permit = await this.#begin(context);
    const builder = new PageBuilder(parsed);
    let { afterNumber } = parsed;
    let revision: number | undefined;
    for (let more = true; more && !builder.isFull;) {
      context.signal.throwIfAborted();
      const bounds = partOf(builder.room, parsed.maxEntries);
      const found = await store.listTurns({ ...key, ...bounds, afterNumber });
      // A change or a deletion of the session ends the page, so that all turns of a page belong to one revision.
      const isGone = revision !== undefined && !found.ok && found.problem.type === "session_not_found";
      if (isGone || (found.ok && revision !== undefined && found.value.revision !== revision)) break;
      const page = storedValue(found);
      ({ revision } = page);
      afterNumber = page.turns.at(-1)?.number ?? afterNumber;
      await host.pace.run(() => {
        for (const turn of page.turns) this.#addTurn(builder, turn, key);
      });
      ({ more } = page);
      builder.endsWith(more);
    }
    return builder.finish((nextPageToken) => encodeTurns({ turns: [], nextPageToken, revision: revision ?? 0 }));
  };

  /** Waits for the page's turn and counts its response. */
  async #begin(context: CallContext): Promise<Disposable> {
    const { messageBytes, totalResponseBytes } = this.#options.host.limits;
    const permit = await this.#permits.take(context.signal);
    try {
      context.holdResponse(Math.min(messageBytes, totalResponseBytes));
      return permit;
    } catch (error) {
      permit[Symbol.dispose]();
      throw error;
    }
  }

  #addTurn(builder: PageBuilder, turn: Turn, key: SessionKey): void {
    const { host, running } = this.#options;
    // The server knows more about a turn that runs here than the store does.
    const known = turn.status === "running" ? { ...turn, ...running.generatedOf(key, turn.number) } : turn;
    const encoded = encodeTurns({ turns: [toTurnMessage(known)], nextPageToken: "", revision: 0 });
    const { messageBytes } = host.limits;
    if (builder.isEmpty && encoded.length > messageBytes) throw tooLarge(turn.number, encoded.length, messageBytes);
    builder.add(encoded, writePageToken([turn.number]));
  }
}

/** Builds a page of a list from encoded entries. It takes as many as its bounds allow, and the first one whatever its size. */
class PageBuilder {
  readonly #bounds: PageBounds;
  readonly #entries: Uint8Array[] = [];
  #bytes = 0;
  #lastToken = "";
  #isCut = false;
  /** Whether the list continues after the last added entry. */
  #goesOn = true;

  constructor({ maxEntries, maxBytes }: PageBounds) {
    this.#bounds = { maxEntries, maxBytes };
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  get isFull(): boolean {
    return this.#isCut || this.#entries.length >= this.#bounds.maxEntries || this.#bytes >= this.#bounds.maxBytes;
  }

  /** The room that the page still has. */
  get room(): PageBounds {
    const { maxEntries, maxBytes } = this.#bounds;
    return { maxEntries: maxEntries - this.#entries.length, maxBytes: maxBytes - this.#bytes };
  }

  /**
   * Adds an entry, unless it or an earlier one does not fit.
   * @param token the token of the page that begins after the entry
   */
  add(entry: Uint8Array, token: string): void {
    if (this.isFull || (!this.isEmpty && this.#bytes + entry.length > this.#bounds.maxBytes)) {
      this.#isCut = true;
      return;
    }
    this.#entries.push(entry);
    this.#bytes += entry.length;
    this.#lastToken = token;
  }

  /** Records whether the list continues after the entries so far. */
  endsWith(more: boolean): void {
    this.#goesOn = more;
  }

  /** Returns the page. `encodeEnd` encodes the token of the next page, which is empty at the end of the list. */
  finish(encodeEnd: (nextPageToken: string) => Uint8Array): EncodedResponse {
    const nextPageToken = this.#isCut || this.#goesOn ? this.#lastToken : "";
    return new EncodedResponse(Buffer.concat([...this.#entries, encodeEnd(nextPageToken)]));
  }
}

function partOf({ maxEntries, maxBytes }: PageBounds, readEntries: number): PageBounds {
  return { maxEntries: Math.min(maxEntries, readEntries), maxBytes: Math.min(maxBytes, READ_BYTES) };
}

function encodeSessions(response: ListSessionsResponse): Uint8Array {
  return ListSessionsResponse.encode(response).finish();
}

function encodeTurns(response: ListTurnsResponse): Uint8Array {
  return ListTurnsResponse.encode(response).finish();
}

function tooLarge(turn: number, bytes: number, maxBytes: number): GenerationError {
  const facts = { turn: String(turn), bytes: String(bytes), limit: String(maxBytes) };
  return new GenerationError("RESPONSE_TOO_LARGE", `the turn takes ${bytes} bytes; at most ${maxBytes}`, { facts });
}
