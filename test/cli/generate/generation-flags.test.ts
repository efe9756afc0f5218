import assert from "node:assert/strict";
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { GENERATION_FLAGS } from "../../../src/cli/generate/generation-flags.js";
import { DescriptorSet } from "../../../src/grpc/contract/descriptor-set.js";

/** What the command line takes otherwise: as an argument, from files, and as messages. */
const BY_OTHER_MEANS = new Set(["prompt", "chat", "turn.messages"]);
/** Messages of the contract that one flag fills as a whole. */
const AS_A_WHOLE = new Set(["rill.v1.ToolChoice", "rill.v1.JsonObject"]);

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
  if (field.fieldKind !== "message") return undefined;
  const { typeName } = field.message;
  return typeName.startsWith("rill.") && !AS_A_WHOLE.has(typeName) ? field.message : undefined;
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

  it("fill what chat has besides messages through the turn, which has the same", () => {
    const chat = descriptors.registry.getMessage("rill.v1.Chat")?.fields.map(({ name }) => `turn.${name}`) ?? [];
    const fields = new Set(GENERATION_FLAGS.map(({ field }) => field));
    assert.deepEqual(
      chat.filter((field) => !fields.has(field)),
      ["turn.messages"],
    );
  });

  it("have one name each", () => {
    const names = GENERATION_FLAGS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
});
