import type { Lane } from "../../core/generation-request.js";
import type { QueuePosition } from "../../core/generation-event.js";
import { FairShare } from "./fair-share.js";
import { LaneLine, type LinePlace } from "./lane-line.js";

/** Who waits, as the room needs to know it. */
export interface Waiter {
  readonly lane: Lane;
  /** Not accepted before; otherwise it had a slot and gave it up. */
  readonly isNew: boolean;
  /** What its turn counts for, in grants of its lane. */
  readonly grants: number;
  tellPlace(place: QueuePosition): void;
}

type Kind = "new" | "returning";

/**
 * One lane's waiters. Newcomers and those who come back stand in lines of their own, which take turns: a hundred slow readers that come back
 * don't stand before a newcomer, nor the other way round.
 */
export class LaneQueue<T extends Waiter> {
  readonly #lines: Readonly<Record<Kind, LaneLine<T>>>;
  readonly #turns = new FairShare<Kind>({ new: 1, returning: 1 });

  /** @param onLeave called after each place that was left or served. */
  constructor(onLeave: () => void) {
    this.#lines = { new: new LaneLine(onLeave), returning: new LaneLine(onLeave) };
  }

  get returning(): number {
    return this.#lines.returning.size;
  }

  /** Those who are new, first to last; their positions are told. The line must not change while it is gone through. */
  get newcomers(): Iterable<LinePlace<T>> & { readonly size: number } {
    return this.#lines.new;
  }

  join(waiter: T): LinePlace<T> {
    return this.#lines[waiter.isNew ? "new" : "returning"].join(waiter);
  }

  /** @param newOnly true: those who come back don't count */
  canServe(newOnly: boolean): boolean {
    return this.#lines.new.size > 0 || (!newOnly && this.#lines.returning.size > 0);
  }

  /** Takes the waiter whose turn it is out of its line. @param newOnly true: of the newcomers */
  serve(newOnly: boolean): T | undefined {
    const kind = this.#turns.choose(
      (candidate) => this.#lines[candidate].size > 0 && !(newOnly && candidate === "returning"),
    );
    if (kind === undefined) return undefined;
    const waiter = this.#lines[kind].serve();
    this.#turns.charge(kind, waiter?.grants);
    return waiter;
  }

  /** Counts a slot that a newcomer got without waiting. */
  charge(): void {
    this.#turns.charge("new");
  }

  /** Who is served when, if nobody comes or leaves. @param withNewcomer true: undefined in it stands for one who came now */
  order(withNewcomer: boolean): (T | undefined)[] {
    const turns = this.#turns.copy();
    const lines: Record<Kind, (T | undefined)[]> = {
      new: Array.from(this.#lines.new, (place) => place.item),
      returning: Array.from(this.#lines.returning, (place) => place.item),
    };
    if (withNewcomer) lines.new.push(undefined);
    const served = { new: 0, returning: 0 };
    const order: (T | undefined)[] = [];
    for (;;) {
      const kind = turns.choose((candidate) => served[candidate] < lines[candidate].length);
      if (kind === undefined) return order;
      const waiter = lines[kind][served[kind]];
      served[kind] += 1;
      turns.charge(kind, waiter?.grants);
      order.push(waiter);
    }
  }
}
