/** The encoding of a field's value, the lowest three bits of its tag. */
export const WIRE_TYPES = { varint: 0, bit64: 1, delimited: 2, startGroup: 3, endGroup: 4, bit32: 5 } as const;

const MAX_TAG_BYTES = 5;
const MAX_VARINT_BYTES = 10;
/** The depth of nested groups, as in protobuf's own decoders. */
const MAX_GROUP_DEPTH = 100;

/** The bytes are not protobuf, or end inside a field. */
export class BrokenWireError extends Error {
  constructor() {
    super("the bytes break off, or are not protobuf");
    this.name = "BrokenWireError";
  }
}

/**
 * Walks over the bytes of a message without decoding them. Every method takes the end of the enclosing field, which no read may pass.
 * @throws BrokenWireError from every method
 */
export class WireScan {
  readonly bytes: Uint8Array;
  position = 0;
  /** The lower and upper 32 bits of the last varint, both unsigned. */
  low = 0;
  high = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Reads a tag: the field number times 8 plus the wire type. */
  tag(end: number): number {
    const tag = this.#uint32(end);
    if (tag >>> 3 === 0 || (tag & 7) > WIRE_TYPES.bit32) throw new BrokenWireError();
    return tag;
  }

  /** Reads a length and returns the position where the value ends. */
  lengthEnd(end: number): number {
    const length = this.#uint32(end);
    const last = this.position + length;
    if (last > end) throw new BrokenWireError();
    return last;
  }

  /** Reads a varint into `low` and `high`. */
  varint(end: number): void {
    const first = this.#byte(end);
    this.low = first & 0x7f;
    this.high = 0;
    let byte = first;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift >= MAX_VARINT_BYTES * 7) throw new BrokenWireError();
      byte = this.#byte(end);
      const bits = byte & 0x7f;
      if (shift < 32) this.low |= bits << shift;
      if (shift === 28) this.high = bits >>> 4;
      else if (shift > 28) this.high |= bits << (shift - 32);
    }
    this.low >>>= 0;
    this.high >>>= 0;
  }

  /**
   * Skips a field with this tag.
   * @param countField called for each field of a group; false ends the walk
   */
  skip(tag: number, end: number, countField: () => boolean): void {
    const type = tag & 7;
    if (type === WIRE_TYPES.startGroup) this.#skipGroup(tag, end, countField);
    else this.#skipValue(type, end);
  }

  #skipGroup(start: number, end: number, countField: () => boolean): void {
    const open = [start >>> 3];
    while (open.length > 0) {
      const tag = this.tag(end);
      const type = tag & 7;
      if (type === WIRE_TYPES.endGroup) {
        if (open.pop() !== tag >>> 3) throw new BrokenWireError();
        continue;
      }
      if (!countField()) return;
      if (type !== WIRE_TYPES.startGroup) this.#skipValue(type, end);
      else if (open.push(tag >>> 3) > MAX_GROUP_DEPTH) throw new BrokenWireError();
    }
  }

  #skipValue(type: number, end: number): void {
    switch (type) {
      case WIRE_TYPES.varint:
        this.varint(end);
        return;
      case WIRE_TYPES.bit32:
        this.#advance(4, end);
        return;
      case WIRE_TYPES.bit64:
        this.#advance(8, end);
        return;
      case WIRE_TYPES.delimited:
        this.position = this.lengthEnd(end);
        return;
      default:
        throw new BrokenWireError();
    }
  }

  #advance(bytes: number, end: number): void {
    this.position += bytes;
    if (this.position > end) throw new BrokenWireError();
  }

  #byte(end: number): number {
    if (this.position >= end) throw new BrokenWireError();
    return this.bytes[this.position++] ?? 0;
  }

  #uint32(end: number): number {
    let byte = this.#byte(end);
    let value = byte & 0x7f;
    for (let count = 1; byte >= 0x80; count++) {
      byte = this.#byte(end);
      // The fifth byte contains the last four bits.
      if (count === MAX_TAG_BYTES - 1 && byte > 0x0f) throw new BrokenWireError();
      value |= (byte & 0x7f) << (7 * count);
    }
    return value >>> 0;
  }
}
