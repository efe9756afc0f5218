import { atMost } from "../../rill/turn-scene.js";
import { turnRequest, userSays } from "../../rill/turn-request.js";
import type { Random } from "../../support/random.js";
import type { SessionCaller, TurnToAsk } from "./session-caller.js";

const MOST_TOKENS = 40;
/** Turns with a key that are kept to be asked for once more. */
const KEPT = 4;

/** What one client of the proof does, by a seed: turns of all kinds, changes, forks and reads, in whatever order. Goes on through restarts. */
export class SessionLoad {
  readonly #random: Random;
  readonly #name: string;
  /** Asked for with a key, and not answered, or not as the client wished. */
  #unanswered: TurnToAsk[] = [];
  /** Asked for with a key, and answered. */
  #answered: TurnToAsk[] = [];
  #asked = 0;

  constructor(random: Random, name: string) {
    this.#random = random;
    this.#name = name;
  }

  /** One call after another, first of all those again that have had no answer, until the signal aborts. */
  async run(caller: SessionCaller, sessionIds: readonly string[], until: AbortSignal): Promise<void> {
    const again = this.#unanswered.filter(({ sessionId }) => sessionIds.includes(sessionId));
    this.#unanswered = [];
    this.#answered = this.#answered.filter(({ sessionId }) => sessionIds.includes(sessionId));
    for (const asked of again) {
      if (until.aborted) this.#unanswered.push(asked);
      else await this.#ask(caller, asked);
    }
    while (!until.aborted) await this.#act(caller, this.#random.pick(sessionIds));
  }

  async #act(caller: SessionCaller, sessionId: string): Promise<void> {
    const chance = this.#random.next();
    if (chance < 0.55) await this.#ask(caller, this.#newTurn(sessionId));
    else if (chance < 0.65) await caller.append(sessionId, this.#text());
    else if (chance < 0.72) await caller.update(sessionId, this.#text());
    else if (chance < 0.76) await caller.fork(sessionId);
    else if (chance < 0.82) await this.#repeat(caller);
    else await caller.read(sessionId, this.#random.next() < 0.5);
  }

  async #ask(caller: SessionCaller, asked: TurnToAsk): Promise<void> {
    const leaveAfterMs = this.#random.next() < 0.12 ? this.#random.below(60) : undefined;
    // Now and then two at once: the second takes the first one's turn over.
    const twice = asked.key !== undefined && this.#random.next() < 0.08;
    const calls = twice
      ? [caller.turn(asked, undefined), caller.turn(asked, leaveAfterMs)]
      : [caller.turn(asked, leaveAfterMs)];
    const isAnswered = (await Promise.all(calls)).some(({ end }) => end.type === "completed" || end.type === "over");
    if (asked.key === undefined) return;
    const kept = isAnswered ? this.#answered : this.#unanswered;
    if (kept.push(asked) > KEPT) kept.shift();
  }

  async #repeat(caller: SessionCaller): Promise<void> {
    const asked = this.#answered.shift() ?? this.#unanswered.shift();
    if (asked !== undefined) await this.#ask(caller, asked);
  }

  #newTurn(sessionId: string): TurnToAsk {
    const continues = this.#random.next() < 0.08;
    const said = continues ? undefined : this.#text();
    const key = this.#random.next() < 0.6 ? `key ${this.#text()}` : undefined;
    const input = {
      sessionId,
      continueAnswer: continues,
      waitIfBusy: this.#random.next() < 0.6,
      ...(said === undefined ? {} : { messages: [userSays(said)] }),
    };
    const { stopping } = atMost(1 + Math.floor(this.#random.below(MOST_TOKENS)));
    const stopSequences = this.#random.next() < 0.3 ? ["assistant"] : [];
    const ending = { stopping: stopping && { ...stopping, stopSequences } };
    const request = turnRequest(input, { ...ending, ...(key === undefined ? {} : { idempotencyKey: key }) });
    return { sessionId, said, key, request, streams: this.#random.next() < 0.7 };
  }

  /** Unlike any other. */
  #text(): string {
    this.#asked += 1;
    return `${this.#name} ${this.#asked}`;
  }
}
