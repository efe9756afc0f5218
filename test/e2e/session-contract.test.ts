import assert from "node:assert/strict";
import { ContractClient, type ContractMessage } from "../support/contract-client.js";
import { loadContract } from "../support/load-contract.js";
import { TestServer } from "../support/test-server.js";

const SERVICE = "rill.v1.SessionService";
const HELLO = { messages: [{ role: "ROLE_USER", content: "Hello" }] };

describe("A client that knows only the contract", () => {
  let server: TestServer;

  before(async () => {
    server = await TestServer.start();
  });

  after(() => server[Symbol.asyncDispose]());

  it("finds every method of sessions served", async () => {
    using client = new ContractClient(server.address, loadContract());
    const answer = (method: string, request: object): Promise<ContractMessage> =>
      client.answer(`${SERVICE}/${method}`, request);
    const sessionOf = ({ session }: ContractMessage): ContractMessage => session as ContractMessage;

    const created = sessionOf(await answer("CreateSession", HELLO));
    const { session_id: sessionId } = created;
    assert.deepEqual([created.revision, created.turns], [1, 1]);
    const appended = sessionOf(
      await answer("AppendMessages", { session_id: sessionId, expected_revision: 1, ...HELLO }),
    );
    assert.deepEqual([appended.revision, appended.turns], [2, 2]);
    const labels = { entries: { topic: "tests" } };
    const updated = sessionOf(await answer("UpdateSession", { session_id: sessionId, labels }));
    assert.deepEqual([updated.revision, updated.labels], [3, labels.entries]);
    const forked = sessionOf(await answer("ForkSession", { session_id: sessionId, at_turn: 1 }));
    assert.deepEqual([forked.revision, forked.turns], [1, 1]);
    const { turns } = await answer("ListTurns", { session_id: sessionId });
    assert.deepEqual(
      (turns as ContractMessage[]).map(({ number, status }) => [number, status]),
      [1, 2].map((number) => [number, "TURN_STATUS_APPENDED"]),
    );
    const { sessions } = await answer("ListSessions", {});
    assert.equal((sessions as ContractMessage[]).length, 2);
    await answer("DeleteSession", { session_id: sessionId });
    const gone = await client.call(`${SERVICE}/GetSession`, [{ session_id: sessionId }]);
    assert.equal(gone.code, 5);
  });
});
