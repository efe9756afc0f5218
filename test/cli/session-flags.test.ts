import assert from "node:assert/strict";
import { CREATE_SESSION_FLAGS } from "../../src/cli/sessions/sessions-create.js";
import { DELETE_SESSION_FLAGS } from "../../src/cli/sessions/sessions-delete.js";
import { FORK_SESSION_FLAGS } from "../../src/cli/sessions/sessions-fork.js";
import { DescriptorSet } from "../../src/grpc/contract/descriptor-set.js";

/** What the command line takes as an argument or from files. */
const BY_OTHER_MEANS = new Set(["session_id", "messages"]);

describe("The flags of rill sessions", () => {
  const requests = {
    CreateSessionRequest: CREATE_SESSION_FLAGS,
    ForkSessionRequest: FORK_SESSION_FLAGS,
    DeleteSessionRequest: DELETE_SESSION_FLAGS,
  };
  for (const [name, flags] of Object.entries(requests)) {
    it(`reach every field of ${name}, each by one flag`, async () => {
      const { registry } = await DescriptorSet.read();
      const message = registry.getMessage(`rill.v1.${name}`);
      assert.ok(message);
      const fields = message.fields.map((field) => field.name).filter((field) => !BY_OTHER_MEANS.has(field));
      const reached = flags.map(({ field }) => field.split(".")[0]);
      assert.deepEqual(reached.toSorted(), fields.toSorted());
    });
  }
});
