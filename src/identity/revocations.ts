import type { Revocation } from "../core/calls.js";

/** The credentials that a revocation watches. */
interface Revocable {
  /** The names under which the credentials may be removed, such as one of the key and one of the tenant. */
  readonly names: readonly string[];
  /** Whether the credentials still hold. A call may come to listen only after they were removed. */
  readonly holds: () => boolean;
}

/** The open calls that must hear of the removal of their credentials. It holds nothing beside the listeners of open calls. Main thread. */
export class Revocations {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** Creates the revocation of one caller. */
  of({ names, holds }: Revocable): Revocation {
    return {
      onRevoked: (listener) => {
        if (!holds()) {
          listener();
          return { [Symbol.dispose]: () => undefined };
        }
        const leave = (): void => names.forEach((name) => this.#remove(name, hear));
        const hear = (): void => {
          leave();
          listener();
        };
        for (const name of names) this.#add(name, hear);
        return { [Symbol.dispose]: leave };
      },
    };
  }

  /** Tells every listener of a name, and returns their number. */
  revoke(name: string): number {
    const listeners = [...(this.#listeners.get(name) ?? [])];
    for (const hear of listeners) hear();
    return listeners.length;
  }

  #add(name: string, hear: () => void): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(hear));
  }

  #remove(name: string, hear: () => void): void {
    const listeners = this.#listeners.get(name);
    listeners?.delete(hear);
    if (listeners?.size === 0) this.#listeners.delete(name);
  }
}
