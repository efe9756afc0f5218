import assert from "node:assert/strict";
import { status as Status } from "@grpc/grpc-js";
import { Role } from "../../generated/rill/v1/conversation.js";
import { ContextPolicy } from "../../generated/rill/v1/turn_input.js";
import { refusalOf } from "../support/test-client.js";
import { userSays } from "./turn-request.js";
import { atMost, scene } from "./turn-scene.js";
import { said } from "../support/said.js";

describe("A turn whose session is longer than the context", function () {
  this.timeout(20_000);

  const long = userSays("word ".repeat(60));

  it("is refused, and stores nothing", async () => {
    await scene({ engine: { contextTokens: 512 } }, async ({ client, sessions, session, turn }) => {
      const brief = atMost(10);
      let met: Awaited<ReturnType<typeof refusalOf>> | undefined;
      let stored = 0;
      while (met === undefined) {
        const answer = client.generate(turn({ messages: [long] }, brief));
        try {
          await answer;
          stored += 1;
        } catch {
          met = await refusalOf(answer);
        }
      }
      assert.deepEqual([met.code, met.reason], [Status.INVALID_ARGUMENT, "INPUT_TOO_LONG"]);
      const { turns, runningTurn } = await sessions.get(session.sessionId);
      assert.deepEqual([turns, runningTurn], [stored, undefined]);
    });
  });

  it("loses its oldest turns whole where the caller allows it, never the system's, and says so", async () => {
    await scene({ engine: { contextTokens: 512 } }, async ({ client, sessions, session, turn }) => {
      const { sessionId } = session;
      await sessions.append({ sessionId, messages: [said(Role.SYSTEM, "be brief")] });
      const brief = atMost(20);
      const policy = { contextPolicy: ContextPolicy.DROP_OLDEST_TURNS };
      const dropped: number[] = [];
      for (let number = 0; number < 12; number++) {
        const messages = [userSays(`${number}: ${"word ".repeat(15)}`)];
        const answer = await client.generate(turn({ messages, ...policy }, brief));
        const { droppedTurns = 0, keptTurns } = answer.contextTrimmed ?? {};
        if (droppedTurns > 0) assert.equal(keptTurns, number + 1 - droppedTurns);
        dropped.push(droppedTurns);
        assert.ok((answer.usage?.inputTokens ?? 0) <= 512 - 20);
      }
      assert.equal(dropped[0], 0);
      assert.ok((dropped.at(-1) ?? 0) > 0, `dropped ${dropped.join()}`);
      assert.deepEqual(
        [...dropped],
        [...dropped].sort((a, b) => a - b),
        "what was left out stays out",
      );
      const { messages } = await client.stream(turn({ ...policy }, brief));
      assert.equal(messages[1]?.event?.$case, "contextTrimmed");
      assert.equal((await sessions.turns(sessionId)).length, 14, "nothing is deleted");
    });
  });
});
