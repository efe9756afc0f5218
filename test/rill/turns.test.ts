import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import { Role } from "../../generated/rill/v1/conversation.js";
import { FinishReason } from "../../generated/rill/v1/finish.js";
import {
  CancelMode,
  GenerateStreamRequest,
  type GenerateStreamResponse,
} from "../../generated/rill/v1/generation_service.js";
import { TurnStatus } from "../../generated/rill/v1/session.js";
import { type ToolChoice, ToolChoiceMode } from "../../generated/rill/v1/tool.js";
import { type ContextPolicy, TurnInput } from "../../generated/rill/v1/turn_input.js";
import { completedOf, textOf } from "../support/generation-text.js";
import { generationRequest, refusalOf } from "../support/test-client.js";
import { RawHttp2Reader } from "../support/raw-http2-reader.js";
import { rawStatusDetails } from "../support/status-details.js";
import { TestServer } from "../support/test-server.js";
import { userSays } from "./turn-request.js";
import { atMost, onServer, scene, SLOW_AND_ENDLESS, startTurn } from "./turn-scene.js";
import { said } from "../support/said.js";

function acceptedOf(messages: readonly GenerateStreamResponse[]) {
  const event = messages[0]?.event;
  assert.ok(event?.$case === "accepted");
  return event.value;
}

describe("A turn of a session", function () {
  this.timeout(20_000);
  /** For what needs no server of its own: one that says again what it read, and one that does so slowly and for ever. */
  let fast: TestServer;
  let slow: TestServer;

  before(async () => {
    [fast, slow] = await Promise.all([TestServer.start(), TestServer.start(SLOW_AND_ENDLESS)]);
  });

  after(async () => {
    await Promise.all([fast[Symbol.asyncDispose](), slow[Symbol.asyncDispose]()]);
  });

  it("reads the history, stores messages and answer, and says where", async () => {
    await onServer(fast, async ({ client, sessions, session, turn }) => {
      const { sessionId } = session;
      const first = await client.stream(turn({ messages: [userSays("Hello world")] }));
      assert.equal(first.status.code, Status.OK);
      const place = acceptedOf(first.messages).turn;
      assert.deepEqual([place?.sessionId, place?.number, place?.revision], [sessionId, 1, 2]);
      assert.equal(completedOf(first.messages).sessionRevision, 3);
      const second = await client.generate(turn({ messages: [userSays("and then")] }));
      assert.deepEqual([second.turn?.number, second.sessionRevision], [2, 5]);
      // The scripted engine says again what it read.
      const answer = textOf(first.messages);
      assert.match(second.text, /user\nHello world\n.*user\nand then\n/s);
      assert.ok(second.text.includes(`assistant\n${answer}`));
      const turns = await sessions.turns(sessionId);
      assert.deepEqual(
        turns.map(({ number, status, answer, revision, endRevision }) => [
          number,
          status,
          answer,
          revision,
          endRevision,
        ]),
        [
          [1, TurnStatus.COMPLETE, answer, 2, 3],
          [2, TurnStatus.COMPLETE, second.text, 4, 5],
        ],
      );
      assert.equal(turns[0]?.generationId, acceptedOf(first.messages).generationId);
      assert.equal(turns[1]?.usage?.inputTokens, second.usage?.inputTokens);
    });
  });

  it("shows itself running, with its text so far, and keeps others out meanwhile", async () => {
    await onServer(slow, async (set) => {
      const { client, sessions, session, turn } = set;
      const { sessionId } = session;
      const { stream } = await startTurn(set, turn());
      const [running] = await sessions.turns(sessionId);
      assert.equal(running?.status, TurnStatus.RUNNING);
      assert.notEqual(running.answer, "");
      const { runningTurn, revision } = await sessions.get(sessionId);
      assert.deepEqual([runningTurn?.number, runningTurn?.generationId, revision], [1, running.generationId, 2]);
      for (const call of [client.generate(turn()), sessions.delete({ sessionId })]) {
        const met = await refusalOf(call);
        assert.deepEqual([met.code, met.reason], [Status.FAILED_PRECONDITION, "SESSION_BUSY"]);
        assert.equal(met.facts.generation_id, running.generationId);
      }
      stream.cancel();
    });
  });

  it("keeps what was made when its caller leaves, and the session is free at once", async () => {
    await onServer(slow, async (set) => {
      const { client, sessions, session, turn } = set;
      const { stream, result } = await startTurn(set, turn());
      stream.cancel();
      const next = await client.generate(turn({}, atMost(5)));
      assert.equal(next.turn?.number, 2);
      const got = textOf((await result).messages);
      const [cancelled] = await sessions.turns(session.sessionId);
      assert.deepEqual([cancelled?.status, cancelled?.errorReason], [TurnStatus.CANCELLED, "CANCELLED"]);
      assert.ok(cancelled?.answer?.startsWith(got), "all that was delivered is stored");
      assert.ok((cancelled?.usage?.outputTokens ?? 0) > 0);
    });
  });

  it("is cancelled where CancelGeneration ended it, and says so in the store, the ledger and the metrics", async () => {
    await onServer(slow, async (set) => {
      const { client, sessions, session, turn, server } = set;
      const { result } = await startTurn(set, turn({}, { requestId: "cut" }));
      await client.cancel({ target: { $case: "requestId", value: "cut" } });
      const { status } = await result;
      assert.deepEqual([status.code, status.reason], [Status.ABORTED, "CANCELLED_BY_REQUEST"]);
      await server.scheduler.drained();
      const next = await client.generate(turn({ continueAnswer: true, messages: [] }, atMost(5)));
      assert.equal(next.turn?.number, 2);
      const [cut] = await sessions.turns(session.sessionId);
      assert.deepEqual([cut?.status, cut?.errorReason], [TurnStatus.CANCELLED, "CANCELLED_BY_REQUEST"]);
      const { end } = await client.known({ $case: "requestId", value: "cut" });
      assert.equal(end?.$case === "status" && end.value.reason, "CANCELLED_BY_REQUEST");
      assert.equal(server.scheduler.load().totals.ended.get("CANCELLED_BY_REQUEST"), 1);
    });
  });

  it("keeps what was made at a deadline, a soft cancel, a limit and an end of the server's", async () => {
    await scene(SLOW_AND_ENDLESS, async (set) => {
      const { client, session, turn, server } = set;
      const late = await RawHttp2Reader.open({
        address: server.address,
        method: "rill.v1.GenerationService/GenerateStream",
        request: GenerateStreamRequest.encode(turn()).finish(),
        metadata: { "grpc-timeout": "400m" },
      });
      assert.equal(rawStatusDetails(await late.ended).reason, "DEADLINE_EXCEEDED");
      await late[Symbol.asyncDispose]();
      const soft = await startTurn(set, turn({}, { requestId: "soft" }));
      await client.cancel({ target: { $case: "requestId", value: "soft" }, mode: CancelMode.SOFT });
      const softEnd = await soft.result;
      assert.equal(softEnd.status.code, Status.OK);
      const limited = await client.generate(turn({}, atMost(5)));
      const drained = await startTurn(set, turn());
      await server.rpc.shutdown(0);
      assert.equal((await drained.result).status.reason, "DRAINED");
      await server.scheduler.drained();
      const stored = await server.store.listTurns({
        owner: "",
        sessionId: session.sessionId,
        afterNumber: 0,
        maxEntries: 10,
        maxBytes: 1e6,
      });
      assert.ok(stored.ok);
      const ends = stored.value.turns.map(({ status, outcome }) => [status, outcome?.error ?? outcome?.finishReason]);
      assert.deepEqual(ends, [
        ["failed", "DEADLINE_EXCEEDED"],
        ["cancelled", "cancelled_softly"],
        ["truncated", "max_tokens"],
        ["failed", "DRAINED"],
      ]);
      assert.equal(stored.value.turns[1]?.answer, textOf(softEnd.messages));
      assert.equal(stored.value.turns[2]?.answer, limited.text);
    });
  });

  it("stores a whole answer as whole, though its reader takes none of the rest", async () => {
    await onServer(fast, async ({ client, sessions, session, turn }) => {
      const stream = client.generation.generateStream(turn({ messages: [userSays("a b c ".repeat(5))] }));
      stream.on("error", () => undefined);
      stream.pause();
      for (;;) {
        const [stored] = await sessions.turns(session.sessionId);
        if (stored?.status === TurnStatus.COMPLETE) break;
      }
      stream.cancel();
      const [stored] = await sessions.turns(session.sessionId);
      assert.deepEqual([stored?.status, stored?.finishReason], [TurnStatus.COMPLETE, FinishReason.END_OF_TURN]);
    });
  });

  it("goes on with a partial answer where asked to, and closes it where not", async () => {
    await onServer(fast, async ({ client, sessions, session, turn }) => {
      const { sessionId } = session;
      const brief = atMost(3);
      const part = await client.generate(turn({ messages: [userSays("Hello world")] }, brief));
      const rest = await client.generate(turn({ continueAnswer: true }, brief));
      assert.equal(rest.usage?.inputTokens, (part.usage?.inputTokens ?? 0) + 3, "nothing lies between the two parts");
      const turns = await sessions.turns(sessionId);
      assert.deepEqual(
        turns.map(({ continues, messages, answer }) => [continues, messages.length, answer]),
        [
          [false, 1, part.text],
          [true, 0, rest.text],
        ],
      );
      const next = await client.generate(turn({ messages: [userSays("next")] }));
      assert.ok(next.text.includes(`assistant\n${part.text}${rest.text}\nuser\nnext\n`), next.text);
      const refused = await refusalOf(client.generate(turn({ continueAnswer: true })));
      assert.deepEqual([refused.code, refused.reason], [Status.FAILED_PRECONDITION, "NOTHING_TO_CONTINUE"]);
    });
  });

  it("goes on inside an unfinished message of the assistant", async () => {
    await onServer(fast, async ({ client, turn }) => {
      const begun = said(Role.ASSISTANT, "Well,");
      const first = await client.generate(turn({ messages: [userSays("Hello"), begun] }));
      const second = await client.generate(turn({ messages: [userSays("next")] }));
      assert.ok(second.text.includes(`assistant\nWell,${first.text}\nuser\nnext`), second.text);
    });
  });

  it("compares the revision, and refuses what is wrong by field", async () => {
    await onServer(fast, async ({ client, turn }) => {
      const conflict = await refusalOf(client.generate(turn({ expectedRevision: 9 })));
      assert.deepEqual(
        [conflict.code, conflict.reason, conflict.facts.revision],
        [Status.ABORTED, "REVISION_MISMATCH", "1"],
      );
      const unknown = await refusalOf(client.generate(turn({ sessionId: "ses_none" })));
      assert.deepEqual([unknown.code, unknown.reason], [Status.NOT_FOUND, "SESSION_NOT_FOUND"]);
      const bad = { messages: [], sessionId: undefined, expectedRevision: 0, contextPolicy: 7 as ContextPolicy };
      const value = { ...TurnInput.decode(new Uint8Array()), ...bad };
      const request = generationRequest({ input: { $case: "turn", value }, parseControlTokens: true });
      const invalid = await refusalOf(client.generate(request));
      assert.deepEqual(invalid.fields, [
        "parse_control_tokens",
        "turn.session_id",
        "turn.expected_revision",
        "turn.messages",
        "turn.context_policy",
      ]);
    });
  });

  it("names its own fields in a refusal, and leaves what it quotes of the caller as it is", async () => {
    await onServer(fast, async ({ client, turn }) => {
      const parameters = JSON.stringify({ type: "object", properties: { "chat.id": { chat: "chat.messages" } } });
      const toolChoice: ToolChoice = { choice: { $case: "mode", value: ToolChoiceMode.REQUIRED } };
      const tools = [{ name: "f", parameters }];
      const met = await refusalOf(client.generate(turn({ tools, toolChoice }, { strictSchema: true })));
      assert.deepEqual([met.reason, met.fields], ["INVALID_REQUEST", ["turn.tools[0].parameters"]]);
      assert.match(met.text, /^turn\.tools\[0\]\.parameters: at \/properties\/chat\.id\/chat: /);
      assert.equal(met.text, `${met.fields[0]}: ${met.descriptions[0]}`);
    });
  });

  it("waits for a turn that runs, if it asks to, in the order of the calls", async () => {
    await onServer(slow, async (set) => {
      const { client, sessions, session, turn } = set;
      const brief = atMost(50);
      const first = await startTurn(set, turn({}, brief));
      const waiting = ["two", "three", "four"].map((word) =>
        client.generate(turn({ waitIfBusy: true, messages: [userSays(word)] }, brief)),
      );
      const refused = await refusalOf(client.generate(turn()));
      assert.equal(refused.reason, "SESSION_BUSY");
      assert.equal((await first.result).status.code, Status.OK);
      assert.deepEqual(
        (await Promise.all(waiting)).map((answer) => answer.turn?.number),
        [2, 3, 4],
      );
      const said = (await sessions.turns(session.sessionId)).map(({ messages }) => messages[0]?.content);
      assert.deepEqual(said.slice(1), ["two", "three", "four"]);
    });
  });

  it("waits no longer than max_wait", async () => {
    await onServer(slow, async (set) => {
      const { client, turn } = set;
      const { stream } = await startTurn(set, turn());
      const scheduling = { maxWait: { seconds: 0, nanos: 100_000_000 } };
      const met = await refusalOf(client.generate(turn({ waitIfBusy: true }, { scheduling })));
      assert.equal(met.reason, "SESSION_BUSY");
      stream.cancel();
    });
  });
});
