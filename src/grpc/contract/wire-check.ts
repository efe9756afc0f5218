import { isUtf8 } from "node:buffer";
import type { DescMessage } from "@bufbuild/protobuf";
import { type FieldViolation, Violations } from "../../core/generation-error.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import { type FieldShape, keyOf, type MapShape, type MessageShape, shapeOf, type ValueShape } from "./message-shape.js";
import { BrokenWireError, WIRE_TYPES, WireScan } from "./wire-scan.js";

/** The number of fields at all depths, including those of map entries, of groups and unknown ones. A valid request has far fewer. */
export const MAX_FIELDS = 65_536;
/** The number of numbers in all packed lists. It exceeds the tokens of any context. */
export const MAX_PACKED_NUMBERS = 349_525;
const MAX_DEPTH = 100;
const MAX_KEY_TEXT_BYTES = 64;
/** The length up to which a text is checked byte by byte, which is faster than a call into native code. */
const SHORT_TEXT_BYTES = 32;

/** The problems in the bytes of a message. */
export interface WireFindings {
  /** Problems because of which the message cannot be decoded, or is too expensive to decode. */
  readonly unreadable: readonly FieldViolation[];
  /** Unknown fields and repeated map keys. Without them the message can be decoded. */
  readonly unwanted: readonly FieldViolation[];
}

/** Whether unknown fields are reported, or ignored as the protocol of some services demands. */
export type Unwanted = "refused" | "ignored";

/**
 * Checks the bytes of a message against its descriptor, at every depth, and names each field that protobuf's own decoder would skip or correct
 * silently: unknown numbers, wrong wire types, invalid UTF-8, repeated map keys, numbers out of the range of their type, bytes that end early. A
 * message that passes has at most MAX_FIELDS fields and MAX_PACKED_NUMBERS packed numbers, so that decoding takes a bounded time.
 */
export function checkWire(bytes: Uint8Array, message: DescMessage, unwanted: Unwanted): WireFindings {
  const check = new WireCheck(bytes, unwanted);
  check.message(shapeOf(message), bytes.length, undefined);
  return { unreadable: check.unreadable.list, unwanted: check.unwanted.list };
}

/** A field on the path to the current position. The path becomes text only for a problem. */
interface FieldLocation {
  readonly parent: FieldLocation | undefined;
  readonly field: FieldShape;
  readonly index: number;
  /** The fields that the enclosing message has had so far. */
  readonly met: MetFields;
}

class WireCheck {
  readonly unreadable = new Violations();
  readonly unwanted = new Violations();
  readonly #scan: WireScan;
  readonly #refusesUnwanted: boolean;
  readonly #bytes: Uint8Array;
  #fields = 0;
  #packedNumbers = 0;
  #depth = 0;

  constructor(bytes: Uint8Array, unwanted: Unwanted) {
    this.#bytes = bytes;
    this.#scan = new WireScan(bytes);
    this.#refusesUnwanted = unwanted === "refused";
  }

  /** Checks a message, or an entry of a map, up to `end`. */
  message(shape: MessageShape, end: number, location: FieldLocation | undefined): void {
    const scan = this.#scan;
    const met = new MetFields();
    let current = location;
    try {
      if (++this.#depth > MAX_DEPTH) throw new BrokenWireError();
      while (scan.position < end && this.#countField(location)) {
        current = location;
        const tag = scan.tag(end);
        const field = shape.fields.get(tag >>> 3);
        if (field === undefined) {
          this.#unknown(tag, end, { shape, location });
        } else {
          current = { parent: location, field, index: met.count(field), met };
          this.#field(tag & 7, end, current);
        }
      }
    } catch (error) {
      if (!(error instanceof BrokenWireError)) throw error;
      this.unreadable.add(pathOf(current), "ends early, or is not protobuf");
    }
    this.#depth--;
    scan.position = end;
  }

  get #findings(): number {
    return this.unreadable.list.length + this.unwanted.list.length;
  }

  /** Counts a field. Returns false if the rest need not be checked. */
  #countField(location: FieldLocation | undefined): boolean {
    if (++this.#fields === MAX_FIELDS + 1)
      this.unreadable.add(
        pathOf(location),
        `brings the message to more than ${MAX_FIELDS} fields, nested ones included`,
      );
    return this.#fields <= MAX_FIELDS && !this.unreadable.full && !this.unwanted.full;
  }

  #unknown(
    tag: number,
    end: number,
    { shape, location }: { shape: MessageShape; location: FieldLocation | undefined },
  ): void {
    this.#scan.skip(tag, end, () => this.#countField(location));
    if (!this.#refusesUnwanted) return;
    const number = tag >>> 3;
    if (location === undefined) this.unwanted.add(`field ${number}`, `is not part of ${shape.typeName}`);
    else this.unwanted.add(pathOf(location), `has a field ${number}, which is not part of ${shape.typeName}`);
  }

  #field(wireType: number, end: number, location: FieldLocation): void {
    const scan = this.#scan;
    const { field } = location;
    if (wireType === field.wireType) {
      if (field.map !== undefined) this.#entry(field.map, scan.lengthEnd(end), location);
      else this.#value(field.value, end, location);
    } else if (field.isPackable && wireType === WIRE_TYPES.delimited) {
      this.#packed(field.value, scan.lengthEnd(end), location);
    } else {
      scan.skip((field.number << 3) | wireType, end, () => this.#countField(location));
      this.unreadable.add(pathOf(location), `has the wrong wire type ${wireType}; its type is ${field.typeName}`);
    }
  }

  #entry(map: MapShape, end: number, location: FieldLocation): void {
    const start = this.#scan.position;
    const found = this.#findings;
    this.message(map.entry, end, location);
    if (!this.#refusesUnwanted || this.#findings > found) return;
    const key = keyOf(this.#bytes.subarray(start, end), map);
    if (location.met.isNewKey(location.field, key)) return;
    const path = pathOf({ ...location, index: 0 });
    this.unwanted.add(`${path}["${wellFormedText(key, MAX_KEY_TEXT_BYTES)}"]`, "is given twice");
  }

  #value(value: ValueShape, end: number, location: FieldLocation): void {
    const scan = this.#scan;
    switch (value.type) {
      case "message":
        this.message(shapeOf(value.message), scan.lengthEnd(end), location);
        return;
      case "string":
        this.#text(scan.lengthEnd(end), location);
        return;
      case "bytes":
      case "fixed":
      case "bool":
        scan.skip(location.field.wireType, end, () => true);
        return;
      case "varint":
        scan.varint(end);
        this.#range(value, location);
    }
  }

  #text(end: number, location: FieldLocation): void {
    const scan = this.#scan;
    const start = scan.position;
    scan.position = end;
    if (end - start <= SHORT_TEXT_BYTES && isAscii(this.#bytes, start, end)) return;
    if (!isUtf8(this.#bytes.subarray(start, end))) this.unreadable.add(pathOf(location), "is not valid UTF-8");
  }

  #packed(value: ValueShape, end: number, location: FieldLocation): void {
    const scan = this.#scan;
    if (value.type === "fixed") {
      this.#packedNumbers += (end - scan.position) / value.bytes;
      if ((end - scan.position) % value.bytes !== 0) throw new BrokenWireError();
      scan.position = end;
    }
    while (scan.position < end && this.#packedNumbers <= MAX_PACKED_NUMBERS) {
      scan.varint(end);
      this.#packedNumbers++;
      if (value.type === "varint") this.#range(value, location);
    }
    scan.position = end;
    if (this.#packedNumbers > MAX_PACKED_NUMBERS)
      this.unreadable.add(pathOf(location), `brings the message to more than ${MAX_PACKED_NUMBERS} numbers in lists`);
  }

  #range(value: VarintShape, location: FieldLocation): void {
    if (fits(value, this.#scan)) return;
    this.unreadable.add(pathOf(location), outOfRange(value, this.#scan, location.field.typeName));
  }
}

type VarintShape = Extract<ValueShape, { readonly type: "varint" }>;

/** The fields that one message has had so far. */
class MetFields {
  #counts: Map<FieldShape, number> | undefined;
  #keys: Map<FieldShape, Set<string>> | undefined;

  /** Counts an element of a list and returns its index, or 0 for any other field. */
  count(field: FieldShape): number {
    if (!field.isIndexed) return 0;
    const counts = (this.#counts ??= new Map<FieldShape, number>());
    const index = counts.get(field) ?? 0;
    counts.set(field, index + 1);
    return index;
  }

  /** Adds the key of an entry. Returns false if the map has it already. */
  isNewKey(map: FieldShape, key: string): boolean {
    const maps = (this.#keys ??= new Map<FieldShape, Set<string>>());
    const keys = maps.get(map) ?? new Set<string>();
    maps.set(map, keys);
    const { size } = keys;
    return keys.add(key).size > size;
  }
}

function pathOf(location: FieldLocation | undefined): string {
  if (location === undefined) return "";
  const { parent, field, index } = location;
  const name = parent === undefined ? field.name : `${pathOf(parent)}.${field.name}`;
  return field.isIndexed ? `${name}[${index}]` : name;
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] ?? 0) > 0x7f) return false;
  return true;
}

/** Whether the last varint is in the range of its type, and a number that JavaScript represents exactly. */
function fits({ bits, signed, zigzag }: VarintShape, { low, high }: WireScan): boolean {
  // A negative int32 is encoded in 64 bits.
  if (bits === 32) return high === 0 || (signed && !zigzag && high === 0xffff_ffff && low >= 0x8000_0000);
  const number = (signed && !zigzag ? high | 0 : high) * 2 ** 32 + low;
  return Number.isSafeInteger(zigzag ? Math.floor(number / 2) : number);
}

function outOfRange({ signed, zigzag }: VarintShape, { low, high }: WireScan, typeName: string): string {
  const raw = (BigInt(high) << 32n) | BigInt(low);
  const number = zigzag ? (raw >> 1n) ^ -(raw & 1n) : signed ? BigInt.asIntN(64, raw) : raw;
  return `is ${number}, which is out of range for ${typeName}`;
}
