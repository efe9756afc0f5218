import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { Logger } from "../../src/telemetry/logger.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { generationRequest, promptRequest, refusalOf, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";
import { chatOf, said } from "../support/said.js";

const SECRET = "my secret words";

describe("The log of calls", () => {
  it("holds neither prompts nor outputs, however the calls end", async () => {
    const lines: string[] = [];
    const write = (fields: object, message: string): void => void lines.push(inspect([fields, message], { depth: 10 }));
    const debug: Logger["debug"] = (fields, message) => write(fields(), message);
    const log: Logger = { debug, info: write, warn: write, error: write, child: () => log };
    await using server = await TestServer.start({ log });
    using client = new TestClient(server.address);
    await client.generate(promptRequest(SECRET));
    await client.stream(promptRequest(SECRET, { stopping: { stopSequences: ["secret"], stopTokenIds: [] } }));
    await refusalOf(client.generate(promptRequest(SECRET.repeat(1_000))));
    await refusalOf(client.generate(promptRequest(SECRET, { sampling: { logitBias: [], temperature: 9 } })));
    const role = 9 as 1;
    const value = chatOf([said(role, SECRET)]);
    await refusalOf(client.generate(generationRequest({ input: { $case: "chat", value } })));
    await refusalOf(client.generate(tokensRequest([...Buffer.from(SECRET), SCRIPT.FAIL_PULL])));
    assert.ok(lines.length > 0);
    assert.deepEqual(
      lines.filter((line) => line.includes("secret")),
      [],
    );
  });
});
