import type { Clock } from "../../sync/clock.js";

/** The longest work on new calls in one round of the event loop. Calls that are already served then get a turn. */
const TURN_MS = 8;

/**
 * Hands calls on at the end of the round of the event loop in which their messages arrived, so a call that is reset in the same round costs nothing
 * more. Urgent calls come first, and the connections take turns.
 */
export class AdmissionTurns<Connection, Call> {
  readonly #clock: Clock;
  readonly #admit: (call: Call) => void;
  readonly #urgent: Call[] = [];
  readonly #queues = new Map<Connection, Call[]>();
  #isScheduled = false;

  constructor(clock: Clock, admit: (call: Call) => void) {
    this.#clock = clock;
    this.#admit = admit;
  }

  add(call: Call, { connection, isUrgent }: { connection: Connection; isUrgent: boolean }): void {
    if (isUrgent) this.#urgent.push(call);
    else {
      const queue = this.#queues.get(connection);
      if (queue === undefined) this.#queues.set(connection, [call]);
      else queue.push(call);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    this.#isScheduled = false;
    const endMs = this.#clock.nowMs() + TURN_MS;
    for (const call of this.#urgent.splice(0)) this.#admit(call);
    // A queue that is put back goes to the end, where the loop meets it again.
    for (const [connection, queue] of this.#queues) {
      const call = queue.shift();
      this.#queues.delete(connection);
      if (queue.length > 0) this.#queues.set(connection, queue);
      if (call !== undefined) this.#admit(call);
      if (this.#clock.nowMs() >= endMs) break;
    }
    if (this.#queues.size > 0) this.#schedule();
  }
}
