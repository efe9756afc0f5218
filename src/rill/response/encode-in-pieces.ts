import type { WorkPace } from "../../sync/work-pace.js";
import { EncodedResponse } from "../../grpc/contract/service-definition.js";

/** The list entries that are encoded at a time, which takes a fraction of a millisecond. */
const PIECE_ENTRIES = 1_000;

/** The encoder and decoder of a generated message. */
interface MessageCodec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

/** A list field of a message, which is created piece by piece. */
export interface MessageList<Message> {
  readonly length: number;
  /** Returns the field with the entries from `start` up to `end`. */
  readonly part: (start: number, end: number) => Partial<Message>;
}

/**
 * Encodes a message with long lists in pieces. Concatenated messages decode to one message with the entries of all of them, so each piece is a
 * message with a part of a list.
 * @param message a message whose `lists` are empty
 */
export async function encodeInPieces<Message extends object>(
  message: Message,
  { codec, lists, pace }: { codec: MessageCodec<Message>; lists: readonly MessageList<Message>[]; pace: WorkPace },
): Promise<EncodedResponse> {
  const short = lists.filter(({ length }) => length <= PIECE_ENTRIES);
  const first = Object.assign({}, message, ...short.map(({ part, length }) => part(0, length))) as Message;
  const pieces = [codec.encode(first).finish()];
  for (const { length, part } of lists) {
    if (length <= PIECE_ENTRIES) continue;
    for (let start = 0; start < length; start += PIECE_ENTRIES) {
      const piece = await pace.run(() =>
        codec.encode({ ...codec.decode(new Uint8Array()), ...part(start, start + PIECE_ENTRIES) }).finish(),
      );
      pieces.push(piece);
    }
  }
  return new EncodedResponse(Buffer.concat(pieces));
}
