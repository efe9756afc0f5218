import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { WIRE_TYPES } from "./wire-scan.js";

/** The encoding of a type's values, and the checks that they need. */
export type ValueShape =
  | { readonly type: "message"; readonly message: DescMessage }
  | { readonly type: "string" }
  | { readonly type: "bytes" }
  | { readonly type: "fixed"; readonly bytes: 4 | 8 }
  /** An integer as a varint. With `zigzag`, its lowest bit is the sign. `bits` and `signed` give the range of the type. */
  | { readonly type: "varint"; readonly bits: 32 | 64; readonly signed: boolean; readonly zigzag: boolean }
  | { readonly type: "bool" };

/** A field of a descriptor, prepared for a fast check of its bytes. */
export interface FieldShape {
  readonly name: string;
  readonly number: number;
  /** The name of the type for error texts. */
  readonly typeName: string;
  readonly value: ValueShape;
  readonly wireType: number;
  /** Whether the field is a list, whose elements are numbered in paths. */
  readonly isIndexed: boolean;
  /** Whether the field is a list of numbers, which may be packed. */
  readonly isPackable: boolean;
  /** Set if the field is a map; `value` is then that of an entry. */
  readonly map: MapShape | undefined;
}

export interface MapShape {
  /** An entry is encoded as a message with the key as field 1 and the value as field 2. */
  readonly entry: MessageShape;
  readonly key: ScalarType;
}

/** The fields of a message, by number. */
export interface MessageShape {
  readonly typeName: string;
  readonly fields: ReadonlyMap<number, FieldShape>;
}

const shapes = new WeakMap<DescMessage, MessageShape>();

/** Returns the shape of a message, which is created once per descriptor. */
export function shapeOf(message: DescMessage): MessageShape {
  let shape = shapes.get(message);
  if (shape === undefined) {
    const fields = new Map(message.fields.map((field) => [field.number, fieldShape(field)]));
    shape = { typeName: message.typeName, fields };
    shapes.set(message, shape);
  }
  return shape;
}

/** Reads the key of a map entry as text, as the decoder does: the last key counts, and a missing one is the default. */
export function keyOf(entry: Uint8Array, { key: type }: MapShape): string {
  const reader = new BinaryReader(entry, decodeShortText);
  let key: string | number | bigint | boolean = type === ScalarType.STRING ? "" : type === ScalarType.BOOL ? false : 0;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === KEY_NUMBER) key = readKey(reader, type);
    else reader.skip(wireType, number);
  }
  return String(key);
}

/** BinaryReader takes a microsecond for a text of two bytes, so short texts are read here. */
function decodeShortText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

type ValueType = Pick<DescField, "message" | "enum" | "scalar">;

function fieldShape(field: DescField): FieldShape {
  const isMap = field.fieldKind === "map";
  const shape = isMap
    ? { ...valueShapeOf(field.name, field.number, ENTRY), typeName: "map" }
    : valueShapeOf(field.name, field.number, field);
  const isPackable = field.fieldKind === "list" && shape.wireType !== WIRE_TYPES.delimited;
  return {
    ...shape,
    isIndexed: field.fieldKind === "list" && !isPackable,
    isPackable,
    map: isMap ? { entry: entryShape(field), key: field.mapKey } : undefined,
  };
}

function entryShape(field: DescField & { readonly fieldKind: "map" }): MessageShape {
  const key = { message: undefined, enum: undefined, scalar: field.mapKey };
  const single = { isIndexed: false, isPackable: false, map: undefined };
  const fields = [
    { ...valueShapeOf("key", KEY_NUMBER, key), ...single },
    { ...valueShapeOf("value", VALUE_NUMBER, field), ...single },
  ];
  return {
    typeName: `an entry of ${field.parent.typeName}.${field.name}`,
    fields: new Map(fields.map((each) => [each.number, each])),
  };
}

const KEY_NUMBER = 1;
const VALUE_NUMBER = 2;
const ENTRY = { message: undefined, enum: undefined, scalar: ScalarType.BYTES };

function valueShapeOf(
  name: string,
  number: number,
  type: ValueType,
): Pick<FieldShape, "name" | "number" | "typeName" | "value" | "wireType"> {
  const value = toValueShape(type);
  return { name, number, typeName: typeNameOf(type), value, wireType: wireTypeOf(value) };
}

function typeNameOf({ message, enum: declared, scalar }: ValueType): string {
  const named: DescMessage | DescEnum | undefined = message ?? declared;
  return named?.typeName ?? (ScalarType[scalar ?? 0] ?? "enum").toLowerCase();
}

function wireTypeOf(value: ValueShape): number {
  switch (value.type) {
    case "message":
    case "string":
    case "bytes":
      return WIRE_TYPES.delimited;
    case "fixed":
      return value.bytes === 4 ? WIRE_TYPES.bit32 : WIRE_TYPES.bit64;
    case "varint":
    case "bool":
      return WIRE_TYPES.varint;
  }
}

function toValueShape({ message, scalar }: ValueType): ValueShape {
  if (message !== undefined) return { type: "message", message };
  switch (scalar) {
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BYTES:
      return { type: "bytes" };
    case ScalarType.BOOL:
      return { type: "bool" };
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return { type: "fixed", bytes: 8 };
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return { type: "fixed", bytes: 4 };
    case ScalarType.INT64:
      return { type: "varint", bits: 64, signed: true, zigzag: false };
    case ScalarType.SINT64:
      return { type: "varint", bits: 64, signed: true, zigzag: true };
    case ScalarType.UINT64:
      return { type: "varint", bits: 64, signed: false, zigzag: false };
    case ScalarType.SINT32:
      return { type: "varint", bits: 32, signed: true, zigzag: true };
    case ScalarType.UINT32:
      return { type: "varint", bits: 32, signed: false, zigzag: false };
    case ScalarType.INT32:
    case undefined:
      // A field without a scalar type is an enum, whose numbers are those of int32.
      return { type: "varint", bits: 32, signed: true, zigzag: false };
  }
}

function readKey(reader: BinaryReader, type: ScalarType): string | number | bigint | boolean {
  switch (type) {
    case ScalarType.STRING:
      return reader.string();
    case ScalarType.BOOL:
      return reader.bool();
    case ScalarType.INT32:
      return reader.int32();
    case ScalarType.SINT32:
      return reader.sint32();
    case ScalarType.UINT32:
      return reader.uint32();
    case ScalarType.FIXED32:
      return reader.fixed32();
    case ScalarType.SFIXED32:
      return reader.sfixed32();
    case ScalarType.INT64:
      return reader.int64();
    case ScalarType.SINT64:
      return reader.sint64();
    case ScalarType.UINT64:
      return reader.uint64();
    case ScalarType.FIXED64:
      return reader.fixed64();
    case ScalarType.SFIXED64:
      return reader.sfixed64();
    default:
      throw new Error(`no map has keys of type ${ScalarType[type]}`);
  }
}
