import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../../support/random.js";
import { ServerProcess } from "../../support/server-process.js";
import { judgeHistory } from "./judge-history.js";
import { readStored } from "./read-stored.js";
import { SessionCaller } from "./session-caller.js";
import type { ObservedCall } from "./session-history.js";
import { SessionLoad } from "./session-load.js";
import { SessionNotes } from "./session-notes.js";
import { launchSessionServer, type SessionServerOptions } from "./session-server.js";

const CLIENTS = 6;
const SESSIONS = 3;
/** Kills after which the sessions are judged, and others begun. */
const KILLS_OF_A_SESSION = 10;

/** When a server is killed: at any time; just as a client hears that something is stored; when nothing has been asked for a while; as it starts. */
const MOMENTS = ["acknowledged", "any", "quiet", "any", "acknowledged", "any", "quiet", "starting"] as const;
type Moment = (typeof MOMENTS)[number];

export interface CrashChainOptions extends SessionServerOptions {
  readonly kills: number;
  readonly seed: number;
  readonly onKill?: (kills: number) => void;
}

export interface CrashChainResult {
  readonly kills: Readonly<Record<Moment, number>>;
  readonly calls: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
  readonly sessions: number;
  readonly turns: number;
  readonly faults: readonly string[];
}

/** Servers one after another on one store, each killed while clients use it. The same seed gives the same calls, but not the same moments to the microsecond. */
export class CrashChain {
  readonly #options: CrashChainOptions;
  readonly #random: Random;
  readonly #notes = new SessionNotes();
  readonly #loads: readonly SessionLoad[];
  readonly #faults: string[] = [];
  readonly #kills = { acknowledged: 0, any: 0, quiet: 0, starting: 0 };
  readonly #calls = new Map<string, number>();
  /** What was read of those that were judged: it must stay. */
  readonly #judged = new Map<string, string>();
  #sessionIds: string[] = [];
  #turns = 0;

  private constructor(options: CrashChainOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    const nameOf = (client: number): string => `${options.seed}.${client}`;
    this.#loads = Array.from({ length: CLIENTS }, (_, n) => new SessionLoad(new Random(options.seed + n), nameOf(n)));
  }

  static async run(options: CrashChainOptions): Promise<CrashChainResult> {
    const chain = new CrashChain(options);
    for (let kill = 0; kill < options.kills; kill += 1) {
      await chain.#round(MOMENTS[kill % MOMENTS.length] ?? "any", kill % KILLS_OF_A_SESSION === 0);
      options.onKill?.(kill + 1);
    }
    await chain.#lastRound();
    return chain.#result();
  }

  async #round(moment: Moment, renews: boolean): Promise<void> {
    this.#kills[moment] += 1;
    if (moment === "starting") {
      await using child = launchSessionServer(this.#options);
      await Promise.race([delay(this.#random.below(2_000)), child.ready()]);
      return;
    }
    await using server = await ServerProcess.of(launchSessionServer(this.#options));
    using caller = new SessionCaller(server.address, this.#notes);
    if (renews) await this.#renew(caller);
    await this.#openAll(caller);
    const over = new AbortController();
    const kill = (): void => {
      over.abort();
      // Now, and not in a turn of the event loop to come.
      process.kill(server.processId, "SIGKILL");
    };
    const running = this.#run(server.address, over.signal);
    if (moment === "acknowledged") await this.#killAtAcknowledgement(kill);
    else await delay(this.#random.below(700));
    if (moment === "any") kill();
    over.abort();
    await running;
    if (moment === "quiet") kill();
  }

  async #lastRound(): Promise<void> {
    await using server = await ServerProcess.of(launchSessionServer(this.#options));
    using caller = new SessionCaller(server.address, this.#notes);
    await this.#judge(caller);
    for (const [sessionId, before] of this.#judged) {
      const text = JSON.stringify(await caller.read(sessionId, true));
      if (text !== before)
        this.#faults.push(`${sessionId}: it has changed since it was judged: ${text}, was ${before}`);
    }
  }

  /** Every session opens again. */
  async #openAll(caller: SessionCaller): Promise<void> {
    for (const sessionId of this.#sessionIds) {
      const session = await caller.read(sessionId, true);
      if (session === undefined) this.#faults.push(`${sessionId} does not open after a restart`);
    }
  }

  async #run(address: string, until: AbortSignal): Promise<void> {
    const runs = this.#loads.map(async (load) => {
      using caller = new SessionCaller(address, this.#notes);
      await load.run(caller, this.#sessionIds, until);
    });
    await Promise.all(runs);
  }

  async #killAtAcknowledgement(kill: () => void): Promise<void> {
    let left = 1 + Math.floor(this.#random.below(60));
    await new Promise<void>((resolve) => {
      this.#notes.onAcknowledged = () => {
        left -= 1;
        if (left > 0) return;
        kill();
        this.#notes.onAcknowledged = () => undefined;
        resolve();
      };
    });
  }

  async #renew(caller: SessionCaller): Promise<void> {
    await this.#judge(caller);
    this.#sessionIds = await Promise.all(Array.from({ length: SESSIONS }, () => caller.create()));
  }

  /** Brings what runs to its end, reads all that is stored, and holds what was seen beside it. */
  async #judge(caller: SessionCaller): Promise<void> {
    const sessions = await readStored(caller, this.#sessionIds, this.#notes);
    for (const [sessionId, session] of sessions) {
      this.#judged.set(sessionId, JSON.stringify(session));
      this.#turns += session.turns.length;
    }
    const calls = this.#notes.take();
    this.#count(calls);
    this.#faults.push(...judgeHistory(calls, sessions));
  }

  #count(calls: readonly ObservedCall[]): void {
    for (const { type } of calls) this.#calls.set(type, (this.#calls.get(type) ?? 0) + 1);
  }

  #result(): CrashChainResult {
    const faults = [...this.#faults, ...this.#notes.strange];
    return {
      kills: this.#kills,
      calls: Object.fromEntries(this.#calls),
      reasons: Object.fromEntries(this.#notes.reasons),
      sessions: this.#judged.size,
      turns: this.#turns,
      faults,
    };
  }
}
