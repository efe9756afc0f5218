import assert from "node:assert/strict";
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { commentOf, readDescriptors, requestMessages, rillFiles, rillMessage } from "./contract-descriptors.js";

const nameOf = (field: DescField): string => `${field.parent.typeName}.${field.name}`;

const fieldsOf = (messages: readonly DescMessage[]): DescField[] => messages.flatMap((message) => message.fields);

describe("fields of the contract", () => {
  const registry = readDescriptors();
  const ours = fieldsOf(rillFiles(registry).flatMap((file) => file.messages));
  const requested = fieldsOf(requestMessages(registry));

  it("every single value in a request knows whether it was given", () => {
    const blind = requested.filter(
      (field) =>
        (field.fieldKind === "scalar" || field.fieldKind === "enum") &&
        field.presence === FeatureSet_FieldPresence.IMPLICIT,
    );
    assert.ok(requested.length > 30);
    assert.deepEqual(blind.map(nameOf), []);
  });

  it("every field of a request says its default, or that it is required", () => {
    const silent = requested.filter(
      (field) => field.oneof === undefined && !/\bdefault|\brequired\b/i.test(commentOf(field)),
    );
    assert.deepEqual(silent.map(nameOf), []);
  });

  it("every limit says its default", () => {
    const limits = rillMessage(registry, "Limits").fields;
    assert.ok(limits.length > 30);
    const silent = limits.filter((field) => !/\bdefault\s+is\s+(\d|`max_generation_time`)/.test(commentOf(field)));
    assert.deepEqual(silent.map(nameOf), []);
  });

  it("whole numbers are uint32, except sizes and totals that outgrow it", () => {
    const allowed = new Set<ScalarType>([
      ScalarType.UINT32,
      ScalarType.DOUBLE,
      ScalarType.BOOL,
      ScalarType.STRING,
      ScalarType.BYTES,
    ]);
    const odd = ours.filter((field) => {
      if (field.scalar === undefined || allowed.has(field.scalar)) return false;
      return field.scalar !== ScalarType.UINT64 || !/^size_bytes$|_total$|^max_total_/.test(field.name);
    });
    assert.deepEqual(odd.map(nameOf), []);
  });

  it("a time is a well-known type, never a number with its unit in the name", () => {
    const numbers = ours.filter((field) => /(?<!_per)_(ms|millis|us|ns|second|seconds|minutes)$/.test(field.name));
    assert.deepEqual(numbers.map(nameOf), []);
  });
});
