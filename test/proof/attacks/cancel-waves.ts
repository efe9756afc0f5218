import { setTimeout as delay } from "node:timers/promises";
import { decodeStreamMessage } from "../../support/runtime-client.js";
import type { Attack, Ground, Outcome } from "./attack.js";
import { claimCount } from "./claims.js";
import { framedGeneration, METHOD } from "./methods.js";

const STREAMS = 120;
const FRAME_HEADER_BYTES = 5;
const NEWCOMER_TOKENS = 2;
/** Between waves where Node's budget of resets can't be raised: some 33 a second. */
const NODE_20_WAVE_MS = 4_000;
const WAVE_MS = 100;
const LIMIT_MS = 60_000;

/** Puts a stream's messages together from its frames, and holds them to their numbers. */
class ReadStream {
  messages = 0;
  completed = false;
  whole = true;
  #partial: Buffer = Buffer.alloc(0);

  take(payload: Buffer): void {
    this.#partial = Buffer.concat([this.#partial, payload]);
    while (this.#partial.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + this.#partial.readUInt32BE(1);
      if (this.#partial.length < end) return;
      const message = decodeStreamMessage(this.#partial.subarray(FRAME_HEADER_BYTES, end));
      this.messages += 1;
      if (message.sequence !== this.messages) this.whole = false;
      if (message.event === "completed") this.completed = true;
      this.#partial = this.#partial.subarray(end);
    }
  }
}

function wavesOf({ short, serverMajor }: Ground): { readonly waves: number; readonly everyMs: number } {
  if (serverMajor < 22) return { waves: short ? 3 : 40, everyMs: short ? WAVE_MS : NODE_20_WAVE_MS };
  return { waves: short ? 10 : 40, everyMs: WAVE_MS };
}

async function sendWaves(ground: Ground): Promise<Outcome> {
  const reads = new Map<number, ReadStream>();
  const onData = (stream: number, payload: Buffer): void => reads.get(stream)?.take(payload);
  using connection = await ground.open({ onData });
  const open = (tokens: number): number => {
    const stream = connection.openStream(METHOD.stream, { body: framedGeneration(tokens), endStream: true });
    reads.set(stream, new ReadStream());
    return stream;
  };
  const { waves, everyMs } = wavesOf(ground);
  const innocentTokens = Math.ceil((waves * everyMs) / 40);
  const innocent = open(innocentTokens);
  connection.flush();
  await connection.until(() => (reads.get(innocent)?.messages ?? 0) > 1, LIMIT_MS);
  const openWave = (tokens: number): number[] => Array.from({ length: STREAMS }, () => open(tokens));
  let wave = openWave(1_000);
  connection.flush();
  for (let n = 0; n < waves; n += 1) {
    await delay(everyMs);
    for (const stream of wave) {
      connection.resetStream(stream);
      reads.delete(stream);
    }
    wave = openWave(n + 1 < waves ? 1_000 : NEWCOMER_TOKENS);
    connection.flush();
    if (connection.closed) break;
  }
  const last = [innocent, ...wave];
  const isDone = (stream: number): boolean => reads.get(stream)?.completed ?? false;
  await connection.until(() => last.every((stream) => !connection.isOpen(stream)), LIMIT_MS);
  const { answered, reset, resetCodes, wentAway, closed } = connection;
  const codes = reset > 0 ? ` with code ${[...resetCodes].join(", ")}` : "";
  const newcomers = wave.filter((stream) => isDone(stream) && reads.get(stream)?.whole).length;
  const innocentWhole = isDone(innocent) && reads.get(innocent)?.whole === true;
  return {
    claims: [
      {
        what: "streams of the waves that the server refused",
        figure: `${reset} of ${waves * STREAMS}`,
        bound: "none",
        holds: reset === 0,
        // A machine that is held up resets more streams before their calls are handed on, and those count in full.
        timed: true,
      },
      claimCount("streams beside the waves on their own connection that are whole", {
        right: innocentWhole ? 1 : 0,
        of: 1,
      }),
      {
        ...claimCount("newcomers of the last wave that are whole", { right: newcomers, of: STREAMS }),
        figure:
          `${newcomers} of ${STREAMS}; the connection has ${answered} streams answered, ${reset} reset${codes}` +
          `${wentAway ? ", was told to go away" : ""}${closed ? ", is closed" : ""}`,
        timed: true,
      },
    ],
  };
}

export const CANCEL_WAVES: readonly Attack[] = [
  {
    name: "waves of cancels",
    sends:
      "120 generation streams cancelled at once and replaced, again and again, on one connection that carries a stream of its own",
    rounds: 1,
    run: sendWaves,
  },
];
