import { createHash, type Hash } from "node:crypto";
import type { CompletedEvent, GenerationEvent, GenerationMessage } from "../../core/generation-message.js";
import type { Delivery, OutputOptions } from "../../core/generation-request.js";
import type { Credit } from "../../core/piece.js";
import type { Clock } from "../../sync/clock.js";
import { EventReader, gatherPieces } from "../output/event-reader.js";
import { FIRST_KIND, type OutputMoment, toOutputEvent, toOutputRuns } from "../output/output-events.js";
import { type GenerationOpening, openingEvents, ReaderMessage, type Reading } from "./reading.js";

/** Everything that is held while a generation waits and runs. Its input is not, for the input is tokens by then. */
export interface GenerationRun {
  readonly reading: Reading;
  readonly delivery: Delivery;
  readonly output: OutputOptions;
  /** The run's whole credit. */
  readonly window: Credit;
  readonly clock: Clock;
  /** The reader's. */
  readonly signal: AbortSignal;
  /** True: the reader gets a stream. False: it keeps all for one answer. */
  readonly streams: boolean;
}

/**
 * An accepted generation to its end, for every reader. Yields `accepted` first and `completed` last; each message is formed when it is asked for. All
 * pieces that wait by then are taken at once, and neighbours that are alike make one message. A message's credit goes back once the message was taken:
 * its reader says so, or asks for the next one. Leaving early frees everything.
 * @throws GenerationError why it ended otherwise
 */
export async function* runGeneration(
  run: GenerationRun,
  opening: GenerationOpening | undefined,
): AsyncGenerator<GenerationMessage, void, void> {
  const { delivery, output, window, clock, signal, streams } = run;
  using reading = run.reading;
  let sequence = 0;
  if (opening !== undefined) for (const event of openingEvents(opening)) yield new ReaderMessage(++sequence, event);
  // It would be kept for as long as the call waits.
  opening = undefined;

  const { generation } = reading;
  const reader = new EventReader(generation, clock);
  let digest: Hash | undefined;
  let outputTokens = 0;
  let kind = FIRST_KIND;
  const now = (): OutputMoment => ({
    output,
    elapsedMs: clock.nowMs() - generation.openedAtMs,
    usage: generation.usage(),
  });
  for (;;) {
    const event = reader.tryNext() ?? (await nextEvent(reader, delivery));
    switch (event?.type) {
      case undefined:
        yield new ReaderMessage(++sequence, { type: "heartbeat", parked: generation.parked });
        break;
      case "queued":
      case "prefill":
        yield new ReaderMessage(++sequence, event);
        break;
      case "pieces": {
        const { maxChunkDelayMs: maxDelayMs } = delivery;
        const pieces =
          maxDelayMs > 0 ? await gatherPieces(event.pieces, reader, { maxDelayMs, window, clock }) : event.pieces;
        for (const outputRun of toOutputRuns(pieces, kind)) {
          const part = toOutputEvent(outputRun, outputTokens, now());
          ({ outputTokens } = part);
          ({ kind } = outputRun);
          if (part.type === "text" && part.channel === "answer") {
            digest ??= createHash("sha256");
            digest.update(part.text);
          }
          generation.markFirstChunk();
          const message = new ReaderMessage(++sequence, part, () => {
            if (streams) generation.taken(outputRun.pieces);
            else generation.folded(outputRun.pieces);
          });
          yield message;
          message.taken();
        }
        break;
      }
      case "finished": {
        const { turn } = reading;
        const completed: CompletedEvent = {
          ...event,
          type: "completed",
          // The event may have been read while pieces before it were still to be taken.
          usage: generation.usage(),
          textSha256: (digest ?? createHash("sha256")).digest(),
          // The store holds the answer before the reader hears of the end.
          sessionRevision: turn === undefined ? undefined : await turn.stored(signal),
        };
        reading.finished(completed, now());
        yield new ReaderMessage(++sequence, completed);
        return;
      }
    }
  }
}

/** undefined: it is time for a heartbeat. */
function nextEvent(reader: EventReader, { heartbeatIntervalMs }: Delivery): Promise<GenerationEvent | undefined> {
  return heartbeatIntervalMs > 0 ? reader.nextWithin(heartbeatIntervalMs) : reader.next();
}
