import assert from "node:assert/strict";
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { GENERATION_FLAGS } from "../../src/cli/generation-flags.js";
import { DescriptorSet } from "../../src/rpc/contract/descriptor-set.js";

/** What the command line takes otherwise: as an argument, from files, and as messages. */
const BY_OTHER_MEANS = new Set(["prompt", "chat", "turn.messages"]);

/** Every field that holds a value of its own, by its path from the message: messages of the contract itself are walked into. */
function valueFields(message: DescMessage, prefix = ""): string[] {
  return message.fields.flatMap((field) => {
    const path = `${prefix}${field.name}`;
    if (BY_OTHER_MEANS.has(path)) return [];
    const inner = innerMessage(field);
    return inner === undefined ? [path] : valueFields(inner, `${path}.`);
  });
}

function innerMessage(field: DescField): DescMessage | undefined {
  const isOurs = field.fieldKind === "message" && field.message.typeName.startsWith("rill.");
  return isOurs ? field.message : undefined;
}

describe("The flags of rill generate", () => {
  let descriptors: DescriptorSet;
  before(async () => {
    descriptors = await DescriptorSet.read();
  });

  for (const name of ["rill.v1.GenerateStreamRequest", "rill.v1.GenerateRequest"]) {
    it(`reach every field of ${name}, each by one flag, and no field that is not there`, () => {
      const message = descriptors.registry.getMessage(name);
      assert.ok(message);
      const fields = GENERATION_FLAGS.map(({ field }) => field);
      assert.deepEqual(fields.toSorted(), valueFields(message).toSorted());
    });
  }

  it("have one name each", () => {
    const names = GENERATION_FLAGS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
});
