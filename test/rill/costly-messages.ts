import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** What a server takes as one message, less what its outer fields may need. */
const MESSAGE_BYTES = 4 * 1024 * 1024 - 64;

/** A GenerateStreamRequest of nearly 4 MiB that is written to cost its reader as much as it can. */
export interface CostlyMessage {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The numbers of GenerateStreamRequest's fields. */
const PROMPT = 1;
const CHAT = 2;
const TOKEN_IDS = 3;
const SAMPLING = 20;
const STOPPING = 21;
const LABELS = 12;
const UNKNOWN = 1_000;

/** @param repeats how often each message repeats the part that costs, at most. Default: as often as a message has room for. */
export function costlyMessages(repeats = Infinity): readonly CostlyMessage[] {
  const filled = (piece: ArrayLike<number>, bytes?: number): Uint8Array => fill(piece, { repeats, bytes });
  const numbered = (pieceOf: (n: number) => Uint8Array): Uint8Array => fillNumbered(pieceOf, repeats);
  return [
    { name: "a label whose entry gives two million keys", bytes: field(LABELS, filled([0x0a, 0])) },
    { name: "a label whose entry has a million unknown fields", bytes: field(LABELS, filled([0x1a, 0])) },
    { name: "labels without end", bytes: filled(field(LABELS, Uint8Array.of())) },
    { name: "short labels without end", bytes: numbered((n) => field(LABELS, labelEntry(n))) },
    { name: "labels beyond ASCII without end", bytes: numbered((n) => field(LABELS, labelEntry(n, "ü"))) },
    { name: "unknown numbers without end", bytes: filled(unknownNumber()) },
    { name: "unknown empty fields without end", bytes: filled(field(UNKNOWN, Uint8Array.of())) },
    { name: "as many kinds of unknown fields as there are bytes for", bytes: numbered((n) => field(n + 100, NOTHING)) },
    { name: "unknown groups without end", bytes: filled(group()) },
    { name: "unknown groups in unknown groups, a million deep", bytes: filled([START_GROUP]) },
    { name: "one unknown group that is full", bytes: within(START_GROUP, filled([0x08, 0]), END_GROUP) },
    { name: "one unknown varint without end", bytes: within(0x88, filled([0x80]), 0) },
    { name: "unknown fields in a message below", bytes: field(CHAT, filled(unknownNumber())) },
    { name: "messages of a chat without end", bytes: field(CHAT, filled([0x0a, 0])) },
    { name: "messages of a chat with a short text each", bytes: field(CHAT, filled(field(1, field(2, text("a"))))) },
    {
      name: "messages of a chat with a short text beyond ASCII",
      bytes: field(CHAT, filled(field(1, field(2, text("ü"))))),
    },
    { name: "a chat given over and over", bytes: filled(field(CHAT, NOTHING)) },
    { name: "a prompt given over and over", bytes: filled(field(PROMPT, text("a"))) },
    { name: "a prompt and a chat in turn", bytes: filled([...field(PROMPT, text("a")), ...field(CHAT, NOTHING)]) },
    { name: "a large prompt given a thousand times", bytes: filled(field(PROMPT, text("a".repeat(4_000)))) },
    { name: "packed tokens of one byte each", bytes: field(TOKEN_IDS, field(1, filled([65]))) },
    { name: "packed tokens in a megabyte", bytes: field(TOKEN_IDS, field(1, filled([65], 1024 * 1024))) },
    {
      name: "four megabytes of packed tokens",
      bytes: filled(field(TOKEN_IDS, field(1, filled([65], 1024 * 1024 - 16)))),
    },
    { name: "lists of one packed token each", bytes: field(TOKEN_IDS, filled(field(1, [65]))) },
    { name: "unpacked tokens", bytes: field(TOKEN_IDS, filled([0x08, 65])) },
    { name: "stop tokens that are packed", bytes: field(STOPPING, field(3, filled([65]))) },
    { name: "empty stop sequences", bytes: field(STOPPING, filled(field(2, NOTHING))) },
    { name: "stop sequences of a byte", bytes: field(STOPPING, filled(field(2, text("a")))) },
    { name: "stop sequences of 40 bytes", bytes: field(STOPPING, filled(field(2, text("ü".repeat(20))))) },
    { name: "empty logit biases", bytes: field(SAMPLING, filled(field(11, NOTHING))) },
    { name: "a field of the wrong type over and over", bytes: filled([PROMPT << 3, 0]) },
    { name: "a text that is not UTF-8", bytes: field(PROMPT, filled([0xff])) },
    { name: "a text of characters beyond ASCII", bytes: field(PROMPT, text("ü".repeat(MESSAGE_BYTES / 2))) },
    { name: "a text of surrogate pairs", bytes: field(PROMPT, text("😀".repeat(MESSAGE_BYTES / 4))) },
    { name: "a text that is not UTF-8 at its end", bytes: field(PROMPT, within(0xc3, filled([0xc3, 0xbc]), 0xff)) },
    { name: "short texts that are not UTF-8", bytes: field(STOPPING, filled(field(2, [0xff]))) },
    { name: "tags of the number 0", bytes: filled([0]) },
  ];
}

const NOTHING = new Uint8Array();
/** Of the field number 1,000, in two bytes each: the unknown group begins and ends. */
const START_GROUP = 0x0b;
const END_GROUP = 0x0c;

function unknownNumber(): Uint8Array {
  return new BinaryWriter().tag(UNKNOWN, WireType.Varint).uint32(1).finish();
}

function group(): Uint8Array {
  return new BinaryWriter().tag(UNKNOWN, WireType.StartGroup).tag(UNKNOWN, WireType.EndGroup).finish();
}

function field(number: number, content: ArrayLike<number>): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(Uint8Array.from(content)).finish();
}

function text(value: string): Uint8Array {
  return Buffer.from(value);
}

function labelEntry(n: number, prefix = ""): Uint8Array {
  return Buffer.concat([field(1, text(prefix + n.toString(36))), field(2, text(prefix))]);
}

/** The piece over and over. */
function fill(
  piece: ArrayLike<number>,
  most: { readonly repeats: number; readonly bytes?: number | undefined },
): Uint8Array {
  const repeats = Math.min(most.repeats, Math.floor((most.bytes ?? MESSAGE_BYTES) / piece.length));
  const whole = new Uint8Array(repeats * piece.length);
  for (let at = 0; at < whole.length; at += piece.length) whole.set(piece, at);
  return whole;
}

/** More than any bound lets through. Each piece is made by itself, which takes time. */
const MAX_NUMBERED = 200_000;

/** One piece after another, each for its number. */
function fillNumbered(pieceOf: (n: number) => Uint8Array, repeats: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  while (pieces.length < Math.min(repeats, MAX_NUMBERED)) {
    const piece = pieceOf(pieces.length);
    bytes += piece.length;
    if (bytes > MESSAGE_BYTES) break;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function within(first: number, middle: Uint8Array, last: number): Uint8Array {
  return Buffer.concat([Uint8Array.of(first), middle, Uint8Array.of(last)]);
}
