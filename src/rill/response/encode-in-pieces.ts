import type { WorkPace } from "../../sync/work-pace.js";
import { EncodedResponse } from "../../grpc/contract/service-definition.js";

/** The list entries that are encoded at a time, which takes a fraction of a millisecond. */
const PIECE_ENTRIES = 1_000;

/** The encoder of a generated message. */
interface MessageCodec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

/** The names of a message's list fields. */
type ListName<Message> = {
  [Name in keyof Message]: Message[Name] extends readonly unknown[] ? Name : never;
}[keyof Message];

/**
 * Encodes a message with long lists in pieces. Concatenated messages decode to one message with the entries of all of them, so each piece is a
 * message with a part of a list. A message without long lists is encoded at once.
 */
export async function encodeInPieces<Message extends object>(
  message: Message,
  { codec, lists, pace }: { codec: MessageCodec<Message>; lists: readonly ListName<Message>[]; pace: WorkPace },
): Promise<EncodedResponse> {
  const entriesOf = (name: ListName<Message>): readonly unknown[] => message[name] as readonly unknown[];
  const long = lists.filter((name) => entriesOf(name).length > PIECE_ENTRIES);
  const emptied = Object.fromEntries(long.map((name) => [name, []]));
  const pieces = [codec.encode({ ...message, ...emptied }).finish()];
  for (const name of long) {
    const entries = entriesOf(name);
    for (let at = 0; at < entries.length; at += PIECE_ENTRIES) {
      const part = { ...codec.decode(new Uint8Array()), [name]: entries.slice(at, at + PIECE_ENTRIES) };
      pieces.push(await pace.run(() => codec.encode(part).finish()));
    }
  }
  return new EncodedResponse(Buffer.concat(pieces));
}
