import type * as grpc from "@grpc/grpc-js";
import { Deferred } from "../../../src/sync/deferred.js";
import type { Random } from "../../support/random.js";
import { RuntimeClient, type StreamMessage } from "../../support/runtime-client.js";
import type { Attack, Guess, TimedAnswer } from "./timing-attack.js";

const PROPERTIES = 240;
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** The victim and the attacker, each on a connection of its own. */
export class AttackParties implements Disposable {
  readonly #victim: RuntimeClient;
  readonly #attacker: RuntimeClient;

  constructor(
    address: string,
    options: { readonly victim: grpc.ClientOptions; readonly attacker: grpc.ClientOptions },
  ) {
    this.#victim = new RuntimeClient(address, options.victim);
    this.#attacker = new RuntimeClient(address, options.attacker);
  }

  /** The attack after the end of the victim's call. */
  get afterwards(): Pick<Attack, "victimSends" | "attackerTries"> {
    return {
      victimSends: async (request) => {
        await readTimed(this.#victim.generateStream(request), "chunk");
        return () => Promise.resolve();
      },
      attackerTries: (request) => readTimed(this.#attacker.generateStream(request), "chunk"),
    };
  }

  /** The attack while the victim's call goes on, from the moment in which it was accepted. */
  get meanwhile(): Pick<Attack, "victimSends" | "attackerTries"> {
    return {
      ...this.afterwards,
      victimSends: async (request) => {
        const stopping = { max_output_tokens: 1_000, ignore_end_of_generation: true };
        const stream = this.#victim.generateStream({ ...request, stopping });
        const accepted = new Deferred<void>();
        const ended = new Promise<void>((resolve) => stream.once("close", resolve));
        stream.on("data", () => accepted.resolve());
        stream.on("error", (error) => accepted.reject(error));
        await accepted.promise;
        return async () => {
          stream.cancel();
          await ended;
        };
      },
    };
  }

  /** The attack on what preparing keeps, whose time shows in the acceptance. The answer after that does not matter. */
  get acceptance(): Pick<Attack, "victimSends" | "attackerTries"> {
    return {
      victimSends: async (request) => {
        await readTimed(this.#victim.generateStream(request), "accepted");
        return () => Promise.resolve();
      },
      attackerTries: (request) => readTimed(this.#attacker.generateStream(request), "accepted"),
    };
  }

  [Symbol.dispose](): void {
    this.#victim[Symbol.dispose]();
    this.#attacker[Symbol.dispose]();
  }
}

/** Reads a stream to its end, good or bad. @returns when the first event of the kind came */
async function readTimed(
  stream: grpc.ClientReadableStream<StreamMessage>,
  kind: StreamMessage["event"],
): Promise<TimedAnswer> {
  const startedMs = performance.now();
  let firstTokenMs: number | undefined;
  let reusedInputTokens = 0;
  stream.on("data", ({ event, completed }: StreamMessage) => {
    if (event === kind) firstTokenMs ??= performance.now() - startedMs;
    reusedInputTokens = completed?.usage.reused_input_tokens ?? reusedInputTokens;
  });
  const closed = new Promise<void>((resolve) => stream.once("close", resolve));
  stream.on("error", () => {});
  await closed;
  if (firstTokenMs === undefined) throw new Error(`a try ended without its ${kind}`);
  return { firstTokenMs, reusedInputTokens };
}

/** A prompt of so many tokens that nobody has sent. */
export function newPrompt(random: Random, tokens: number): Guess {
  const ids = Array.from({ length: tokens }, () => 65 + Math.floor(random.below(26)));
  return { token_ids: { ids }, stopping: { max_output_tokens: 1 } };
}

/** A prompt of so many words that nobody has sent. */
export function newText(random: Random, words: number): Guess {
  const prompt = Array.from({ length: words }, () => newName(random, 2 + Math.floor(random.below(6)))).join(" ");
  return { prompt, stopping: { max_output_tokens: 1 } };
}

/** A schema that nobody has sent. */
export function newSchema(random: Random): Guess {
  const properties = Object.fromEntries(
    Array.from({ length: PROPERTIES }, () => [newName(random, 12), { type: "string", maxLength: 8 }]),
  );
  const schema = { type: "object", properties, required: Object.keys(properties) };
  return { prompt: "a", json_schema: JSON.stringify(schema), stopping: { max_output_tokens: 1 } };
}

function newName(random: Random, length: number): string {
  return Array.from({ length }, () => LETTERS[Math.floor(random.below(LETTERS.length))] ?? "").join("");
}
