import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Deferred } from "../../../src/sync/deferred.js";
import type { Observation, Plan, PlanMessage, ResultMessage } from "./plan.js";

const MAIN = fileURLToPath(new URL("./client-main.js", import.meta.url));

/** A process that makes calls and measures, so that nothing else holds up the loop in which arrivals are noted. Disposing ends it. */
export class ClientProcess implements AsyncDisposable {
  readonly #child: ChildProcess = fork(MAIN);
  readonly #closed = once(this.#child, "close");
  readonly #playing = new Map<number, Deferred<readonly Observation[]>>();
  #lastId = 0;

  constructor() {
    this.#child.on("message", (message: ResultMessage) => this.#settle(message));
    this.#closed.then(
      () => this.#fail(new Error("the client's process ended")),
      (error: unknown) => this.#fail(new Error("the client's process can't be started", { cause: error })),
    );
  }

  /** @returns one for each call, in their order @throws Error where a call failed, or brought other than the tokens asked for */
  async play(plan: Plan): Promise<readonly Observation[]> {
    const message: PlanMessage = { id: ++this.#lastId, plan };
    const result = new Deferred<readonly Observation[]>();
    this.#playing.set(message.id, result);
    this.#child.send(message);
    return await result.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }

  #settle(message: ResultMessage): void {
    const result = this.#playing.get(message.id);
    this.#playing.delete(message.id);
    if ("failure" in message) result?.reject(new Error(`in the client's process: ${message.failure}`));
    else result?.resolve(message.observations);
  }

  #fail(error: Error): void {
    for (const result of this.#playing.values()) result.reject(error);
    this.#playing.clear();
  }
}
