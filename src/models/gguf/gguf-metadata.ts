import type { GgufReader } from "./gguf-reader.js";

/** An array's length, and the numbers of a short array that was asked for. */
interface GgufArray {
  readonly length: number;
  readonly numbers: readonly number[];
}

type GgufValue = string | number | boolean | GgufArray;
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

export const MAX_METADATA_ENTRIES = 65_536;
const MAX_KEY_BYTES = 65_535;
/** The longest key that is kept. No longer key is asked for. */
const MAX_KEPT_KEY_BYTES = 256;
/** The most bytes that are kept of a text: its beginning. */
const MAX_KEPT_TEXT_BYTES = 1_024;
/** Far above the size of every vocabulary, so that a hostile file is not walked through text by text. */
const MAX_TEXTS = 16_777_216;
/** The longest array whose numbers are kept: one number a layer. */
const MAX_KEPT_NUMBERS = 1_024;

type NumberType = "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "f32" | "u64" | "i64" | "f64";
type GgufValueType = NumberType | "bool" | "text" | "array";

/** The types by their number in the file. */
const VALUE_TYPES: readonly GgufValueType[] = [
  "u8",
  "i8",
  "u16",
  "i16",
  "u32",
  "i32",
  "f32",
  "bool",
  "text",
  "array",
  "u64",
  "i64",
  "f64",
];

const WIDTHS: Readonly<Record<NumberType | "bool", number>> = {
  u8: 1,
  i8: 1,
  bool: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  u64: 8,
  i64: 8,
  f64: 8,
};

const DECODERS: Readonly<Record<NumberType, (bytes: Buffer) => number>> = {
  u8: (bytes) => bytes.readUInt8(),
  i8: (bytes) => bytes.readInt8(),
  u16: (bytes) => bytes.readUInt16LE(),
  i16: (bytes) => bytes.readInt16LE(),
  u32: (bytes) => bytes.readUInt32LE(),
  i32: (bytes) => bytes.readInt32LE(),
  f32: (bytes) => bytes.readFloatLE(),
  u64: (bytes) => Number(bytes.readBigUInt64LE()),
  i64: (bytes) => Number(bytes.readBigInt64LE()),
  f64: (bytes) => bytes.readDoubleLE(),
};

/**
 * Reads the key-value section and keeps the values that `isWanted` asks for, bounded in size. It skips all others.
 *
 * @throws ModelError NOT_A_GGUF, TRUNCATED
 */
export async function readGgufMetadata(
  reader: GgufReader,
  count: number,
  isWanted: (key: string) => boolean,
): Promise<GgufMetadata> {
  const kept = new Map<string, GgufValue>();
  for (let index = 0; index < count; index++) {
    const key = await readKey(reader);
    const type = await readType(reader);
    const value = type === "array" ? await readArray(reader) : await readScalar(reader, type);
    if (isWanted(key)) kept.set(key, value);
  }
  return kept;
}

async function readKey(reader: GgufReader): Promise<string> {
  await reader.need(8);
  const bytes = reader.takeU64();
  if (bytes === 0 || bytes > MAX_KEY_BYTES) throw reader.malformed(`a key of ${bytes} bytes`);
  return readText(reader, bytes, MAX_KEPT_KEY_BYTES);
}

async function readType(reader: GgufReader): Promise<GgufValueType> {
  await reader.need(4);
  const number = reader.takeU32();
  const type = VALUE_TYPES[number];
  if (type === undefined) throw reader.malformed(`a value of the unknown type ${number}`);
  return type;
}

async function readScalar(reader: GgufReader, type: Exclude<GgufValueType, "array">): Promise<GgufValue> {
  if (type === "text") {
    await reader.need(8);
    return readText(reader, reader.takeU64(), MAX_KEPT_TEXT_BYTES);
  }
  await reader.need(WIDTHS[type]);
  const bytes = reader.takeBytes(WIDTHS[type]);
  return type === "bool" ? bytes.readUInt8() !== 0 : DECODERS[type](bytes);
}

async function readArray(reader: GgufReader): Promise<GgufArray> {
  const type = await readType(reader);
  if (type === "array") throw reader.malformed("an array of arrays");
  await reader.need(8);
  const length = reader.takeU64();
  if (type === "text") {
    await skipTexts(reader, length);
    return { length, numbers: [] };
  }
  const width = WIDTHS[type];
  if (type === "bool" || length > MAX_KEPT_NUMBERS) {
    reader.skip(length * width);
    return { length, numbers: [] };
  }
  await reader.need(length * width);
  return { length, numbers: Array.from({ length }, () => DECODERS[type](reader.takeBytes(width))) };
}

/** Skips an array of texts. A vocabulary has hundreds of thousands of short ones, most of which lie in the buffer already. */
async function skipTexts(reader: GgufReader, length: number): Promise<void> {
  if (length > MAX_TEXTS) throw reader.malformed(`an array of ${length} texts`);
  reader.requireWithinFile(length * 8);
  for (let index = 0; index < length; index++) {
    if (reader.buffered < 8) await reader.need(8);
    reader.skip(reader.takeU64());
  }
}

async function readText(reader: GgufReader, bytes: number, maxKeptBytes: number): Promise<string> {
  reader.requireWithinFile(bytes);
  const keptBytes = Math.min(bytes, maxKeptBytes);
  await reader.need(keptBytes);
  const text = reader.takeBytes(keptBytes).toString("utf8");
  reader.skip(bytes - keptBytes);
  return text;
}
