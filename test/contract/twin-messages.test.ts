import assert from "node:assert/strict";
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { readDescriptors, rillMessage } from "./contract-descriptors.js";

/** All that decides how a field is written on the wire and in JSON. */
function wireForm(field: DescField): Record<string, unknown> {
  const { name, number, jsonName, type, label, typeName, proto3Optional } = field.proto;
  const typeOfValue = typeName.replace(field.parent.typeName, "SELF");
  return { name, number, jsonName, type, label, typeName: typeOfValue, proto3Optional, oneof: field.oneof?.name };
}

function wireForms(message: DescMessage): Record<string, unknown>[] {
  return message.fields.map(wireForm);
}

describe("messages that are read by one parser", () => {
  const registry = readDescriptors();
  const generate = rillMessage(registry, "GenerateRequest");

  it("GenerateStreamRequest has the fields of GenerateRequest, with the same numbers", () => {
    assert.deepEqual(wireForms(rillMessage(registry, "GenerateStreamRequest")), wireForms(generate));
  });

  it("an input that can be counted has the fields that it has in GenerateRequest", () => {
    const shared = new Set(["prompt", "chat", "token_ids", "parse_control_tokens"]);
    const pick = (message: DescMessage): unknown[] =>
      wireForms(message).filter((form) => shared.has(String(form.name)));
    const counted = pick(rillMessage(registry, "CountTokensRequest"));
    assert.equal(counted.length, shared.size);
    assert.deepEqual(counted, pick(generate));
  });

  it("the reports of GetLoad and WatchLoad have the same fields", () => {
    assert.deepEqual(
      wireForms(rillMessage(registry, "WatchLoadResponse")),
      wireForms(rillMessage(registry, "GetLoadResponse")),
    );
  });
});
