import { isUtf8 } from "node:buffer";
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { FieldViolation } from "../../core/field-violation.js";
import { wellFormedText } from "../status/well-formed-text.js";
import { Violations } from "./violations.js";

const MAX_KEY_TEXT_BYTES = 64;
/** Of all depths together. What a valid request holds is far below; a message of 4 MiB can hold two million, which would hold up every other call. */
const MAX_FIELDS = 65_536;
/** Of one packed list. A token takes up to three bytes: these are more than any context holds. */
const MAX_PACKED_BYTES = 1024 * 1024;

/** What a look at a message's bytes found. The two lists are apart because only what is unreadable keeps the message from being decoded. */
export interface WireFindings {
  readonly unreadable: readonly FieldViolation[];
  readonly unwanted: readonly FieldViolation[];
}

/**
 * Holds the bytes of a message against its descriptor, at every depth, and names each field that protobuf's own decoding would pass over or mend
 * in silence: unknown numbers, wrong wire types, invalid UTF-8, map keys given twice, whole numbers that JavaScript cannot hold, bytes that end early.
 */
export function checkWire(bytes: Uint8Array, message: DescMessage): WireFindings {
  const check = new WireCheck();
  check.message(new BinaryReader(bytes), message, "");
  return { unreadable: check.unreadable.list, unwanted: check.unwanted.list };
}

class WireCheck {
  readonly unreadable = new Violations();
  readonly unwanted = new Violations();
  #fields = 0;

  message(reader: BinaryReader, message: DescMessage, path: string): void {
    const counts = new Map<DescField, number>();
    const keys = new Set<string>();
    let field: DescField | undefined;
    try {
      while (reader.pos < reader.len && this.#mayGoOn(path)) {
        const [number, wireType] = reader.tag();
        field = message.fields.find((candidate) => candidate.number === number);
        if (field === undefined) {
          reader.skip(wireType, number);
          this.unwanted.add(path === "" ? `field ${number}` : path, `has no field with the number ${number}`);
          continue;
        }
        const index = counts.get(field) ?? 0;
        counts.set(field, index + 1);
        this.#field(reader, { field, wireType, path: pathOf(field, path, index), keys });
        field = undefined;
      }
    } catch {
      const where = field === undefined ? path : pathOf(field, path, 0);
      this.unreadable.add(where, "breaks off, or is not protobuf");
    }
  }

  #mayGoOn(path: string): boolean {
    if (++this.#fields === MAX_FIELDS) this.unreadable.add(path, `is the ${MAX_FIELDS}th field or after it`);
    return this.#fields < MAX_FIELDS && !this.unwanted.full;
  }

  #field(reader: BinaryReader, met: { field: DescField; wireType: WireType; path: string; keys: Set<string> }): void {
    const { field, wireType, path } = met;
    if (!wireTypesOf(field).includes(wireType)) {
      reader.skip(wireType, field.number);
      this.unreadable.add(path, `has the wrong wire type ${wireType}; its type is ${typeName(field)}`);
    } else if (field.fieldKind === "map") {
      this.#entry(new BinaryReader(reader.bytes()), field, met);
    } else if (field.message !== undefined) {
      this.message(new BinaryReader(reader.bytes()), field.message, path);
    } else if (
      field.fieldKind === "list" &&
      wireType === WireType.LengthDelimited &&
      field.scalar !== ScalarType.STRING
    ) {
      this.#packed(reader.bytes(), path);
    } else {
      this.#scalar(reader, field.scalar, { wireType, path });
    }
  }

  /** Maps of the contract go from string to string. */
  #entry(reader: BinaryReader, field: DescField, { path, keys }: { path: string; keys: Set<string> }): void {
    let key = "";
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      if (wireType !== WireType.LengthDelimited || number > 2) {
        reader.skip(wireType, number);
        this.unreadable.add(path, `is an entry with a field ${number} of wire type ${wireType}`);
        continue;
      }
      const bytes = reader.bytes();
      if (!isUtf8(bytes)) this.unreadable.add(path, "is not valid UTF-8");
      if (number === 1) key = Buffer.from(bytes).toString();
    }
    if (keys.has(key))
      this.unwanted.add(`${field.name}["${wellFormedText(key, MAX_KEY_TEXT_BYTES)}"]`, "is given twice");
    keys.add(key);
  }

  /** Whole varints only: the generated decoder would read over the end of a list. */
  #packed(bytes: Uint8Array, path: string): void {
    const { length } = bytes;
    if (length > MAX_PACKED_BYTES) this.unreadable.add(path, `takes ${length} bytes; at most ${MAX_PACKED_BYTES}`);
    if ((bytes.at(-1) ?? 0) >= 0x80) this.unreadable.add(path, "breaks off inside a number");
  }

  #scalar(reader: BinaryReader, scalar: ScalarType | undefined, met: { wireType: WireType; path: string }): void {
    if (scalar === ScalarType.STRING) {
      if (!isUtf8(reader.bytes())) this.unreadable.add(met.path, "is not valid UTF-8");
    } else if (scalar === ScalarType.INT64) {
      const value = Number(reader.int64());
      if (!Number.isSafeInteger(value)) this.unreadable.add(met.path, `is out of range: ${value}`);
    } else {
      reader.skip(met.wireType);
    }
  }
}

function pathOf(field: DescField, parent: string, index: number): string {
  const name = parent === "" ? field.name : `${parent}.${field.name}`;
  return field.fieldKind === "list" && !isPackable(field) ? `${name}[${index}]` : name;
}

function isPackable(field: DescField): boolean {
  return field.fieldKind === "list" && field.listKind === "scalar" && field.scalar !== ScalarType.STRING;
}

function wireTypesOf(field: DescField): readonly WireType[] {
  const single = wireTypeOf(field);
  return isPackable(field) ? [single, WireType.LengthDelimited] : [single];
}

function wireTypeOf(field: DescField): WireType {
  if (field.fieldKind === "map" || field.message !== undefined) return WireType.LengthDelimited;
  switch (field.scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Bit64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WireType.Bit32;
    default:
      return WireType.Varint;
  }
}

function typeName(field: DescField): string {
  if (field.fieldKind === "map") return "map";
  return field.message?.typeName ?? field.enum?.typeName ?? (ScalarType[field.scalar ?? 0] ?? "enum").toLowerCase();
}
