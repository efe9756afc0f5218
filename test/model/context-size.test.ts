import assert from "node:assert/strict";
import type { GetModelResponse } from "../../generated/rill/v1/model_service.js";
import { defaultModelPath, FETCH_MODEL_LIMIT_MS } from "../support/default-model.js";
import { ServerProcess } from "../support/server-process.js";
import { answerOf, promptRequest, TestClient } from "../support/test-client.js";

describe("a server that chooses its context by the memory, on the default model", function () {
  this.timeout(FETCH_MODEL_LIMIT_MS);

  it("serves the context that the model was trained for, and tells its size", async () => {
    const flags = [
      "--model",
      await defaultModelPath(),
      "--slots",
      "1",
      "--context-tokens",
      "auto",
      "--store",
      "memory:",
    ];
    await using server = await ServerProcess.start({ flags });
    using client = new TestClient(server.address);
    const { model } = await answerOf<GetModelResponse>((settle) => client.model.getModel({}, settle));
    assert.deepEqual([model?.contextTokens, model?.trainingContextTokens], [8_192, 8_192]);
    const stopping = { stopSequences: [], stopTokenIds: [], maxOutputTokens: 4 };
    const { usage } = await client.generate(promptRequest("Once upon a time", { stopping }));
    assert.equal(usage?.outputTokens, 4);
  });
});
