import { createHash, type Hash } from "node:crypto";
import { Channel } from "../../../generated/rill/v1/generation_event.js";
import type { Credit } from "../../core/credit.js";
import type { GenerationEvent } from "../../core/generation-event.js";
import type { Delivery, OutputOptions } from "../../core/generation-request.js";
import type { Clock } from "../../sync/clock.js";
import type { CallContext } from "../../grpc/call/call-context.js";
import { toCompletedMessage } from "../response/completed-message.js";
import { toOutputMessage } from "../response/output-message.js";
import { FIRST_KIND, toOutputRuns } from "../response/output-runs.js";
import { toQueuedMessage } from "../response/queued-message.js";
import { toWholeOutput } from "../response/whole-output.js";
import type { GenerationMessage } from "../response/event-message.js";
import { EventReader } from "./event-reader.js";
import { gatherPieces } from "./gather-pieces.js";
import { type Opening, openingMessages } from "./opening.js";
import type { Reading } from "./reading.js";

/** What is held while a generation waits and runs: nothing of its input, which is tokens by then. */
export interface GenerationRun {
  readonly reading: Reading;
  readonly delivery: Delivery;
  readonly output: OutputOptions;
  /** The run's whole credit. */
  readonly window: Credit;
  readonly clock: Clock;
  readonly context: CallContext;
  /** True for GenerateStream; Generate keeps all for one answer. */
  readonly streams: boolean;
}

/**
 * An accepted generation to its end: the path that Generate and GenerateStream share. Yields `accepted` first and `completed` last; each message is
 * formed when it is asked for. All pieces that wait by then are taken at once; those that follow each other and are alike make one message. Asking for
 * the next one says that the one before was taken: only then does its credit go back. Leaving early frees everything.
 * @throws GenerationError why it ended otherwise
 */
export async function* runGeneration(
  run: GenerationRun,
  opening: Opening | undefined,
): AsyncGenerator<GenerationMessage, void, void> {
  const { delivery, output, window, clock, context, streams } = run;
  using reading = run.reading;
  if (opening !== undefined) yield* openingMessages(opening);
  // It would be kept for as long as the call waits.
  opening = undefined;

  const { generation } = reading;
  const reader = new EventReader(generation, clock);
  let digest: Hash | undefined;
  let outputTokens = 0;
  let kind = FIRST_KIND;
  const now = () => ({ output, elapsedMs: clock.nowMs() - generation.openedAtMs, usage: generation.usage() });
  for (;;) {
    const event = reader.tryNext() ?? (await nextEvent(reader, delivery));
    switch (event?.type) {
      case undefined:
        yield { $case: "heartbeat", value: { parked: generation.parked } };
        break;
      case "queued":
        yield { $case: "queued", value: toQueuedMessage(event) };
        break;
      case "prefill":
        yield { $case: "prefill", value: event.progress };
        break;
      case "pieces": {
        const { maxChunkDelayMs: maxDelayMs } = delivery;
        const pieces =
          maxDelayMs > 0 ? await gatherPieces(event.pieces, reader, { maxDelayMs, window, clock }) : event.pieces;
        for (const outputRun of toOutputRuns(pieces, kind)) {
          const message = toOutputMessage({ run: outputRun, tokensBefore: outputTokens, ...now() });
          outputTokens = message.value.outputTokens;
          ({ kind } = outputRun);
          if (message.$case === "chunk" && message.value.channel === Channel.ANSWER) {
            digest ??= createHash("sha256");
            digest.update(message.value.text);
          }
          generation.markFirstChunk();
          context.onTakenLate(() => generation.taken(outputRun.pieces));
          yield message;
          if (streams) generation.taken(outputRun.pieces);
          else generation.folded(outputRun.pieces);
        }
        break;
      }
      case "finished": {
        // The event may have been read while pieces before it were still to be taken.
        const completed = toCompletedMessage(
          { ...event, usage: generation.usage() },
          (digest ?? createHash("sha256")).digest(),
        );
        // What is told is stored.
        if (reading.turn !== undefined) completed.sessionRevision = await reading.turn.stored(context.signal);
        reading.finished(completed, (pieces) => toWholeOutput(pieces, now()));
        yield { $case: "completed", value: completed };
        return;
      }
    }
  }
}

/** undefined: it is time for a heartbeat. */
function nextEvent(reader: EventReader, { heartbeatIntervalMs }: Delivery): Promise<GenerationEvent | undefined> {
  return heartbeatIntervalMs > 0 ? reader.nextWithin(heartbeatIntervalMs) : reader.next();
}
