import { encodeGgufString } from "./gguf-writer.js";

const STRING_TYPE = 8;
const ARRAY_TYPE = 9;
/** Of each fixed-size value type, by its id. */
const SIZES: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
const KEY = "tokenizer.chat_template";

/** A GGUF file without tensors, such as a vocabulary, with another chat template. */
export function withChatTemplate(gguf: Buffer, source: string): Buffer {
  const versionAndTensors = gguf.subarray(0, 16);
  const count = Number(gguf.readBigUInt64LE(16));
  const entries: Buffer[] = [];
  let offset = 24;
  for (let entry = 0; entry < count; entry++) {
    const key = stringAt(gguf, offset);
    const type = gguf.readUInt32LE(key.end);
    const end = valueEnd(gguf, type, key.end + 4);
    if (key.text !== KEY) entries.push(gguf.subarray(offset, end));
    offset = end;
  }
  const type = Buffer.alloc(4);
  type.writeUInt32LE(STRING_TYPE);
  entries.push(Buffer.concat([encodeGgufString(KEY), type, encodeGgufString(source)]));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(entries.length));
  return Buffer.concat([versionAndTensors, size, ...entries]);
}

function valueEnd(gguf: Buffer, type: number, offset: number): number {
  if (type === STRING_TYPE) return stringAt(gguf, offset).end;
  if (type !== ARRAY_TYPE) return offset + sizeOf(type);
  const elementType = gguf.readUInt32LE(offset);
  const length = Number(gguf.readBigUInt64LE(offset + 4));
  let end = offset + 12;
  if (elementType !== STRING_TYPE) return end + length * sizeOf(elementType);
  for (let index = 0; index < length; index++) end = stringAt(gguf, end).end;
  return end;
}

function sizeOf(type: number): number {
  const size = SIZES[type];
  if (size === undefined) throw new Error(`GGUF value type ${type} is not known here`);
  return size;
}

function stringAt(gguf: Buffer, offset: number): { text: string; end: number } {
  const length = Number(gguf.readBigUInt64LE(offset));
  const end = offset + 8 + length;
  return { text: gguf.toString("utf8", offset + 8, end), end };
}
