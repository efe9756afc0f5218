import assert from "node:assert/strict";
import fc from "fast-check";
import type { GenerationEvent } from "../../../src/core/generation-message.js";
import type { Piece } from "../../../src/core/piece.js";
import { EventReader, type EventSource, gatherPieces } from "../../../src/generation/output/event-reader.js";
import { Deferred } from "../../../src/sync/deferred.js";
import { ManualClock } from "../../support/manual-clock.js";

const WINDOW = { pieces: 1_000, bytes: 1_000_000 };

/** Hands out what it was given, and then waits for ever. */
class Script implements EventSource {
  readonly #events: GenerationEvent[];

  constructor(events: readonly GenerationEvent[]) {
    this.#events = [...events];
  }

  add(event: GenerationEvent): void {
    this.#events.push(event);
  }

  next(): Promise<GenerationEvent> {
    const event = this.#events.shift();
    return event === undefined ? new Deferred<GenerationEvent>().promise : Promise.resolve(event);
  }

  tryNext(): GenerationEvent | undefined {
    return this.#events.shift();
  }

  changed(): Promise<void> {
    return new Deferred<void>().promise;
  }
}

const piece = (tokenId: number): Piece => ({
  text: `${tokenId} `,
  textBytes: `${tokenId} `.length,
  tokenIds: [tokenId],
});
const arrivals = fc.array(fc.array(fc.nat({ max: 999 }).map(piece), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 8,
});
const heard: GenerationEvent = { type: "prefill", progress: { doneTokens: 1, totalTokens: 1, reusedTokens: 0 } };

describe("Pieces that are gathered for one chunk", () => {
  it("are all that came until something else did, in order, none lost and none twice", async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, async (batches) => {
        const [first = [], ...others] = batches;
        const events = others.map((pieces): GenerationEvent => ({ type: "pieces", pieces }));
        const clock = new ManualClock();
        const reader = new EventReader(new Script([...events, heard]), clock);
        assert.deepEqual(await gatherPieces(first, reader, { maxDelayMs: 100, window: WINDOW, clock }), batches.flat());
        assert.equal(await reader.next(), heard);
        assert.equal(clock.pendingTimers, 0);
      }),
    );
  });

  it("go at once where no delay is wanted, and what comes next stays for the next chunk", async () => {
    const clock = new ManualClock();
    const next: GenerationEvent = { type: "pieces", pieces: [piece(2)] };
    const reader = new EventReader(new Script([next]), clock);
    assert.deepEqual(await gatherPieces([piece(1)], reader, { maxDelayMs: 0, window: WINDOW, clock }), [piece(1)]);
    assert.equal(await reader.next(), next);
  });

  it("go when the delay is over, and the event that comes later is not lost", async () => {
    const clock = new ManualClock();
    const script = new Script([]);
    const reader = new EventReader(script, clock);
    const gathered = gatherPieces([piece(1)], reader, { maxDelayMs: 100, window: WINDOW, clock });
    clock.advance(100);
    assert.deepEqual(await gathered, [piece(1)]);
    assert.equal(reader.tryNext(), undefined);
    script.add(heard);
    assert.equal(await reader.next(), heard);
  });

  it("go once they fill the window", async () => {
    const clock = new ManualClock();
    const reader = new EventReader(new Script([{ type: "pieces", pieces: [piece(2)] }]), clock);
    const window = { pieces: 2, bytes: 1_000 };
    const gathered = await gatherPieces([piece(1)], reader, { maxDelayMs: 100, window, clock });
    assert.deepEqual(gathered, [piece(1), piece(2)]);
  });
});
