import { Deferred } from "../sync/deferred.js";
import { untilAborted } from "../sync/until-aborted.js";

/** One door a session: one call at a time is behind it, the others wait in the order in which they came. Main thread; bounded by the calls there are. */
export class SessionDoors {
  /** Those that wait, by session; there is an entry while somebody is behind the door. */
  readonly #lines = new Map<string, Deferred<void>[]>();

  isTaken(sessionId: string): boolean {
    return this.#lines.has(sessionId);
  }

  /** Resolves behind the door; disposing leaves it. @throws the signal's reason if it aborts first */
  async enter(sessionId: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const line = this.#lines.get(sessionId);
    if (line === undefined) {
      this.#lines.set(sessionId, []);
    } else {
      const called = new Deferred<void>();
      line.push(called);
      try {
        await untilAborted(called.promise, signal);
      } catch (thrown) {
        const place = line.indexOf(called);
        // It may have been called between the abort and now: then the door is its to leave.
        if (place < 0) this.#leave(sessionId);
        else line.splice(place, 1);
        throw thrown;
      }
    }
    let isBehind = true;
    return {
      [Symbol.dispose]: () => {
        if (isBehind) this.#leave(sessionId);
        isBehind = false;
      },
    };
  }

  #leave(sessionId: string): void {
    const next = this.#lines.get(sessionId)?.shift();
    if (next === undefined) this.#lines.delete(sessionId);
    else next.resolve();
  }
}
