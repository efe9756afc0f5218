import { setTimeout as delay } from "node:timers/promises";
import { turnRequest, userSays } from "../../rill/turn-request.js";
import { atMost } from "../../rill/turn-scene.js";
import { ServerProcess } from "../../support/server-process.js";
import { judgeHistory } from "./judge-history.js";
import { SessionCaller, type TurnToAsk } from "./session-caller.js";
import type { StoredSession } from "./session-history.js";
import { SessionNotes } from "./session-notes.js";
import { launchSessionServer, type SessionServerOptions } from "./session-server.js";

/** So long that no turn of it ends by itself while another server is asked. */
const LONG_TOKENS = 1_000;
const ENDLESS_TOKENS = 10_000;

export interface TwoServersResult {
  /** Pairs of turns at the same time, one at each server, of which one was run and the other refused. */
  readonly rivals: number;
  /** Turns that waited for the one at the other server, and were run. */
  readonly waited: number;
  /** Turns of a stopped server that others had ended, and that ended with LEASE_LOST when it went on. */
  readonly leasesLost: number;
  readonly faults: readonly string[];
}

/** Two servers on one store, and one session that is used through both. */
export class TwoServers {
  readonly #servers: readonly [ServerProcess, ServerProcess];
  readonly #callers: readonly [SessionCaller, SessionCaller];
  readonly #notes: SessionNotes;
  readonly #sessionId: string;
  readonly #faults: string[] = [];
  #asked = 0;

  private constructor(parts: {
    servers: readonly [ServerProcess, ServerProcess];
    callers: readonly [SessionCaller, SessionCaller];
    notes: SessionNotes;
    sessionId: string;
  }) {
    this.#servers = parts.servers;
    this.#callers = parts.callers;
    this.#notes = parts.notes;
    this.#sessionId = parts.sessionId;
  }

  /** @param rounds of each kind */
  static async run(options: SessionServerOptions, rounds: number): Promise<TwoServersResult> {
    const notes = new SessionNotes();
    const children = [launchSessionServer(options), launchSessionServer(options)] as const;
    await using one = await ServerProcess.of(children[0]);
    await using other = await ServerProcess.of(children[1]);
    using caller = new SessionCaller(one.address, notes);
    using otherCaller = new SessionCaller(other.address, notes);
    const sessionId = await caller.create();
    const two = new TwoServers({ servers: [one, other], callers: [caller, otherCaller], notes, sessionId });
    const result = { rivals: 0, waited: 0, leasesLost: 0 };
    for (let round = 0; round < rounds; round += 1) {
      result.rivals += await two.#rivals();
      result.waited += await two.#wait();
      result.leasesLost += await two.#stopAndGoOn();
    }
    await two.#judge();
    return { ...result, faults: [...two.#faults, ...notes.strange] };
  }

  async #rivals(): Promise<number> {
    const calls = await Promise.all(this.#callers.map((caller) => caller.turn(this.#turn(LONG_TOKENS), undefined)));
    const ends = calls.map(({ end }) => end.type).sort();
    return ends.join() === "completed,refused" ? 1 : 0;
  }

  async #wait(): Promise<number> {
    const [one, other] = this.#callers;
    const accepted = this.#acknowledged();
    const first = one.turn(this.#turn(LONG_TOKENS), undefined);
    await Promise.race([accepted, first]);
    const second = await other.turn(this.#turn(5, true), undefined);
    const place = (await first).accepted?.number;
    return second.end.type === "completed" && second.accepted?.number === Number(place) + 1 ? 1 : 0;
  }

  /** One server stands still past its lease; the other ends its turn and runs one of its own. */
  async #stopAndGoOn(): Promise<number> {
    const [stopped] = this.#servers;
    const [one, other] = this.#callers;
    const before = this.#notes.reasons.get("LEASE_LOST") ?? 0;
    const accepted = this.#acknowledged();
    const late = one.turn(this.#turn(ENDLESS_TOKENS), undefined);
    await Promise.race([accepted, late]);
    // A renewal has taken part of the answer along.
    await delay(500);
    process.kill(stopped.processId, "SIGSTOP");
    const next = await other.turn(this.#turn(5, true), undefined);
    if (next.end.type !== "completed") this.#faults.push(`the other server did not run a turn: ${next.end.type}`);
    const stored = await other.read(this.#sessionId, true);
    process.kill(stopped.processId, "SIGCONT");
    await late;
    this.#same(stored, await one.read(this.#sessionId, true));
    return (this.#notes.reasons.get("LEASE_LOST") ?? 0) - before;
  }

  #same(stored: StoredSession | undefined, later: StoredSession | undefined): void {
    const [text, laterText] = [stored, later].map((session) => JSON.stringify(session));
    if (text === undefined || text !== laterText) this.#faults.push(`a late server wrote: ${laterText}, was ${text}`);
  }

  async #judge(): Promise<void> {
    const session = await this.#callers[1].read(this.#sessionId, true);
    if (session !== undefined)
      this.#faults.push(...judgeHistory(this.#notes.take(), new Map([[this.#sessionId, session]])));
  }

  async #acknowledged(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#notes.onAcknowledged = resolve;
    });
  }

  #turn(tokens: number, waitIfBusy = false): TurnToAsk {
    const sessionId = this.#sessionId;
    this.#asked += 1;
    const said = `turn ${this.#asked}`;
    const request = turnRequest({ sessionId, waitIfBusy, messages: [userSays(said)] }, atMost(tokens));
    return { sessionId, said, key: undefined, request, streams: true };
  }
}
