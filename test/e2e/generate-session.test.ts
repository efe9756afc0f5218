import assert from "node:assert/strict";
import { TurnStatus } from "../../generated/rill/v1/session.js";
import { SessionClient } from "../rill/session-client.js";
import { generationWhen, loadWhen } from "../support/load-watch.js";
import { TestClient } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";
import { RillChild } from "./rill-child.js";
import { type RillRun, runRill } from "./run-rill.js";

describe("rill generate --session", function () {
  this.timeout(40_000);
  let server: TestServer;
  let sessions: SessionClient;
  before(async () => {
    server = await TestServer.start({ engine: { contextTokens: 512 } });
    sessions = new SessionClient(server.address);
  });
  after(async () => {
    sessions[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  const say = (sessionId: string, ...args: string[]): Promise<RillRun> =>
    runRill(["generate", "--session", sessionId, ...args], { RILL_ADDRESS: server.address });

  it("holds a conversation of several calls, and tells turn and revision", async () => {
    const { sessionId } = await sessions.create();
    const first = await say(sessionId, "Hi", "--system", "Be brief", "--stats");
    // The scripted engine says its prompt: what the template made of the conversation.
    assert.equal(first.stdout, "system\nBe brief\nuser\nHi\nassistant\n");
    assert.match(first.stderr, /END_OF_TURN, turn 1, revision 3\n$/);
    const second = await say(sessionId, "And?", "--unary", "--stats", "--expected-revision", "3");
    assert.match(second.stdout, /^system\nBe brief\nuser\nHi\nassistant\nsystem\n[^]*user\nAnd\?\nassistant\n$/);
    assert.match(second.stderr, /, turn 2, revision 5\n$/);
    const answers = (await sessions.turns(sessionId)).map(({ answer }) => answer);
    assert.deepEqual(answers, [first.stdout, second.stdout]);
  });

  it("goes on inside an answer that a limit cut off", async () => {
    const { sessionId } = await sessions.create();
    const first = await say(sessionId, "one two three", "--max-output-tokens", "4");
    const rest = await say(sessionId, "--continue", "--max-output-tokens", "4");
    assert.equal(rest.code, 0, rest.stderr);
    const turns = await sessions.turns(sessionId);
    assert.deepEqual(
      turns.map(({ status, continues, answer, messages }) => [status, continues, answer, messages.length]),
      [
        [TurnStatus.TRUNCATED, false, first.stdout, 1],
        [TurnStatus.TRUNCATED, true, rest.stdout, 0],
      ],
    );
  });

  it("says whatever is printed that the model does not see all of a session that has outgrown the context", async () => {
    const { sessionId } = await sessions.create();
    const allowed = ["--context-policy", "drop-oldest-turns", "--max-output-tokens", "60"];
    const long = "word ".repeat(40);
    for (let turn = 0; turn < 3; turn++) await say(sessionId, long, ...allowed);
    const refused = await say(sessionId, long, "--max-output-tokens", "60");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /INVALID_ARGUMENT INPUT_TOO_LONG/);
    const note =
      /^rill generate: the session is longer than the context: .* does not see the oldest (?:turn|\d turns) of it/;
    const [streamed, whole] = [
      await say(sessionId, long, ...allowed),
      await say(sessionId, long, ...allowed, "--unary"),
    ];
    for (const { code, stderr } of [streamed, whole]) {
      assert.equal(code, 0);
      assert.match(stderr, note);
    }
    const { stderr, stdout } = await say(sessionId, long, ...allowed, "--stats", "--json");
    assert.match(stderr, /^rill generate: [^\n]+\n[^\n]+, turn 6, revision 13, \d turns? dropped\n$/);
    assert.match(stdout, /"contextTrimmed":\{/);
  });

  it("ends with 1 where the revision is another, and where there is no such session", async () => {
    const { sessionId } = await sessions.create();
    const [other, none] = await Promise.all([say(sessionId, "Hi", "--expected-revision", "9"), say("ses_none", "Hi")]);
    assert.deepEqual([other.code, none.code], [1, 1]);
    assert.match(other.stderr, /^rill generate: ABORTED REVISION_MISMATCH: the session has revision 1\n/);
    assert.match(none.stderr, /^rill generate: NOT_FOUND SESSION_NOT_FOUND: /);
    assert.deepEqual(await sessions.turns(sessionId), []);
  });

  it("ends with 2 on what does not go together, and sends nothing", async () => {
    const { sessionId } = await sessions.create();
    const runs = await Promise.all([
      say(sessionId, "--continue", "Hi"),
      say(sessionId, "Hi", "--context-policy", "forget"),
      say(sessionId, "--token-ids", "1"),
      runRill(["generate", "Hi", "--wait"], { RILL_ADDRESS: server.address }),
    ]);
    assert.deepEqual(
      runs.map(({ code }) => code),
      [2, 2, 2, 2],
    );
    const [mixed, policy, tokens, alone] = runs;
    assert.match(mixed.stderr, /--continue: .* neither a prompt nor messages/);
    assert.match(policy.stderr, /--context-policy: "forget" must be one of refuse, drop-oldest-turns/);
    assert.match(tokens.stderr, /--token-ids was given beside another input/);
    assert.match(alone.stderr, /--wait: only for a turn of a session, which --session names/);
    assert.equal((await sessions.get(sessionId)).revision, 1);
  });

  describe("while another turn runs", () => {
    let slow: TestServer;
    let client: TestClient;
    before(async () => {
      slow = await TestServer.start({ engine: { cycle: true, stepMs: 50 } });
      client = new TestClient(slow.address);
    });
    after(async () => {
      client[Symbol.dispose]();
      await slow[Symbol.asyncDispose]();
    });

    it("is refused, or waits if it is asked to; an interrupt leaves what was made in the session", async () => {
      using store = new SessionClient(slow.address);
      const { sessionId } = await store.create();
      const flags = ["generate", "--address", slow.address, "--session", sessionId];
      await using child = new RillChild([...flags, "Hi", "--max-output-tokens", "1500"]);
      child.type("");
      await child.read();
      const refused = await runRill([...flags, "And?"]);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /^rill generate: FAILED_PRECONDITION SESSION_BUSY: /);
      assert.match(refused.stderr, /^ {2}running generation: gen_/m);
      await generationWhen(client, ({ decodedTokens }) => decodedTokens > 0);
      const waiting = runRill([...flags, "And?", "--wait", "--max-output-tokens", "3"]);
      child.interrupt();
      assert.equal((await child.ended()).code, 130);
      assert.equal((await waiting).code, 0);
      const turns = await store.turns(sessionId);
      assert.deepEqual(
        turns.map(({ status }) => status),
        [TurnStatus.CANCELLED, TurnStatus.TRUNCATED],
      );
      assert.notEqual(turns[0]?.answer, "");
      await loadWhen(client, ({ slotsBusy }) => slotsBusy === 0);
    });
  });
});
