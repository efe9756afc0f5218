import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { RuntimeClient } from "../../support/runtime-client.js";
import type { ServerProcess } from "../../support/server-process.js";
import { AskedChild } from "./asked-child.js";
import type { Attack } from "./attack.js";
import { isAlive, startAttackedServer, startBareServer } from "./attacked-server.js";
import type { AttackerAnswer, AttackerQuestion } from "./attacker.js";
import type { BystanderQuestion, BystanderView } from "./bystander.js";
import type { SentConnection } from "./sent-trace.js";
import type { ServerNode } from "./server-node.js";
import { warmUp } from "./warm-up.js";

const SLOTS = 8;
/** The server counts as quiet when it used no more of the time than this. */
const QUIET_SHARE = 0.25;
const QUIET_WINDOW_MS = 300;
const TICK_MS = 10;

/** What a server holds for its callers. */
export interface Holdings {
  readonly sockets: number;
  /** Files, pipes and what else the process has open. */
  readonly otherDescriptors: number;
  readonly slotsBusy: number;
  readonly generations: number;
  readonly waiting: number;
}

/** What was seen while something went on. */
export interface Phase {
  readonly view: BystanderView;
  /** Processor time that the server's main thread had. */
  readonly mainThreadMs: number;
  readonly lastedMs: number;
}

/** A server on one version of Node, the bystander, the attacker and the sink: each in a process of its own. Disposing ends them. */
export class AttackRig implements AsyncDisposable {
  readonly server: ServerProcess;
  readonly #node: ServerNode;
  readonly #client: RuntimeClient;
  readonly #bystander = AskedChild.start(new URL("./bystander.js", import.meta.url));
  readonly #attacker = AskedChild.start(new URL("./attacker.js", import.meta.url));
  readonly #sink = AskedChild.start(new URL("./sink.js", import.meta.url));
  readonly #short: boolean;

  private constructor(server: ServerProcess, { node, short }: { node: ServerNode; short: boolean }) {
    this.server = server;
    this.#node = node;
    this.#short = short;
    this.#client = new RuntimeClient(server.address);
  }

  /** Resolves when the server is warm and the bystander reads. */
  static async start(options: { node: ServerNode; short: boolean }): Promise<AttackRig> {
    const server = await startAttackedServer(options.node, { slots: SLOTS });
    const rig = new AttackRig(server, options);
    await warmUp(server.address);
    await rig.#askBystander({ type: "start", address: server.address, adminAddress: server.adminAddress });
    return rig;
  }

  get alive(): boolean {
    return isAlive(this.server);
  }

  async prepare(attack: Attack): Promise<void> {
    await this.#askAttacker({ type: "prepare", ...this.#ground(attack) });
  }

  async attack(attack: Attack): Promise<AttackerAnswer> {
    const answer = this.#askAttacker({ type: "attack", ...this.#ground(attack) });
    if (attack.pauseMs !== undefined) await this.#pause(attack.pauseMs);
    return await answer;
  }

  /** The same attack on a bare server. @returns its main thread's time for a unit */
  async floorMs(attack: Attack): Promise<number> {
    await using server = await startBareServer(this.#node);
    const beforeMs = server.mainThreadMs();
    const { address } = server;
    const { units = 1 } = await this.#askAttacker({ type: "attack", ...this.#ground(attack), address });
    return (server.mainThreadMs() - beforeMs) / units;
  }

  /** The control: as many bytes over as many connections, to a process that drops them. */
  async replay(trace: readonly SentConnection[]): Promise<void> {
    const address = (await this.#sink.ask({})) as string;
    await this.#askAttacker({ type: "replay", trace, address });
  }

  /** Has the bystander look while something goes on. */
  async watch(during: () => Promise<void>): Promise<Phase> {
    const mainThreadMs = this.#mainThreadMs();
    const startedAtMs = performance.now();
    await this.#askBystander({ type: "begin" });
    await during();
    const view = (await this.#askBystander({ type: "end" })) as BystanderView;
    const lastedMs = performance.now() - startedAtMs;
    return { view, mainThreadMs: this.#mainThreadMs() - mainThreadMs, lastedMs };
  }

  /** Waits until the server has nothing left to do but what the bystander wants, at most so long. */
  async quiet(limitMs: number): Promise<void> {
    const untilMs = performance.now() + limitMs;
    let share = 1;
    while (this.alive && share > QUIET_SHARE && performance.now() < untilMs) {
      const beforeMs = this.#processorMs();
      await delay(QUIET_WINDOW_MS);
      share = (this.#processorMs() - beforeMs) / QUIET_WINDOW_MS;
    }
  }

  /** 0 of a server that has ended. */
  residentBytes(): number {
    return this.alive ? this.server.residentBytes() : 0;
  }

  /** undefined: the server does not say. */
  async holdings(): Promise<Holdings | undefined> {
    if (!this.alive) return undefined;
    try {
      const { slots_busy: slotsBusy, generations, lanes } = await this.#client.load();
      return {
        ...this.#descriptors(),
        slotsBusy,
        generations: generations.length,
        waiting: lanes.reduce((sum, lane) => sum + lane.waiting, 0),
      };
    } catch {
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]();
    const all = [this.#bystander, this.#attacker, this.#sink, this.server];
    await Promise.all(all.map((each) => each[Symbol.asyncDispose]()));
  }

  async #askBystander(question: BystanderQuestion): Promise<unknown> {
    return await this.#bystander.ask(question);
  }

  async #askAttacker(question: AttackerQuestion): Promise<AttackerAnswer> {
    return (await this.#attacker.ask(question)) as AttackerAnswer;
  }

  #ground({ name }: Attack) {
    const { address, adminAddress } = this.server;
    return {
      name,
      address,
      adminAddress,
      short: this.#short,
      serverMajor: this.#node.major,
      holdMs: holdMs(this.#short),
    };
  }

  async #pause(pauseMs: number): Promise<void> {
    process.kill(this.server.processId, "SIGSTOP");
    await delay(pauseMs);
    process.kill(this.server.processId, "SIGCONT");
  }

  #descriptors(): { readonly sockets: number; readonly otherDescriptors: number } {
    const counts = this.server.openDescriptors().map((each) => {
      const [kind = "", count = ""] = each.split("×");
      return { isSocket: kind === "socket", count: Number(count) };
    });
    const sum = (isSocket: boolean): number =>
      counts.filter((each) => each.isSocket === isSocket).reduce((all, { count }) => all + count, 0);
    return { sockets: sum(true), otherDescriptors: sum(false) };
  }

  #mainThreadMs(): number {
    return this.alive ? this.server.mainThreadMs() : 0;
  }

  /** Of all threads. */
  #processorMs(): number {
    if (!this.alive) return 0;
    const stat = readFileSync(`/proc/${this.server.processId}/stat`, "utf8");
    const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14).map(Number);
    return (user + system) * TICK_MS;
  }
}

/** How long an attacker holds what it has. */
export function holdMs(short: boolean): number {
  return short ? 800 : 3_000;
}
