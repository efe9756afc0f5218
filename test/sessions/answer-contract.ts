import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Message } from "../../src/core/conversation.js";
import type { SessionStore } from "../../src/sessions/session-store.js";
import {
  admissionOf,
  admit,
  begin,
  commitOf,
  type Day,
  keyOf,
  MINUTE,
  problemOf,
  reread,
  turnsOf,
  valueOf,
} from "./store-rig.js";

/**
 * The contract of every store for answers with parts beside their text.
 * @param store an empty store with LIMITS, on the system's time of day
 */
export function describeAnswerContract(store: () => SessionStore, day: () => Day): void {
  it("stores what was thought and called with the answer, as it goes on and at the end, and copies it", async () => {
    const session = await begin(store());
    const { bytes } = session;
    const toolCalls = [{ id: "c\u0000", name: "f", arguments: '{"a":"\u0000"}' }];
    const messages: readonly Message[] = [
      { role: "assistant", content: "", reasoning: "hm", toolCalls },
      { role: "tool", content: "so", toolCallId: "c\u0000" },
    ];
    const lease = await admit(store(), session, { messages });
    valueOf(await store().renewLease({ lease, leaseMs: MINUTE, answer: "", reasoning: "I thi\u0000" }));
    const [running] = await turnsOf(store(), session);
    assert.deepEqual(running?.messages, messages);
    assert.deepEqual([running.answer, running.reasoning, running.toolCalls], ["", "I thi\u0000", undefined]);
    const made = { answer: "so", reasoning: "I think\u0000", toolCalls };
    valueOf(await store().commitTurn(commitOf(lease, made)));
    const after = await reread(store(), session);
    const texts = [messages, made.answer, made.reasoning, toolCalls].map((value) => JSON.stringify(value)).join("");
    assert.equal(after.bytes, bytes + Buffer.byteLength(texts));
    const fork = valueOf(
      await store().fork({ ...keyOf(session), forkId: randomUUID(), atTurn: undefined, labels: undefined }),
    );
    assert.equal(fork.bytes, after.bytes);
    for (const each of [session, fork]) {
      const [turn] = await turnsOf(store(), each);
      assert.deepEqual(
        { answer: turn?.answer, reasoning: turn?.reasoning, toolCalls: turn?.toolCalls },
        made,
        each === fork ? "the copy" : "the session",
      );
    }
  });

  it("keeps what was thought so far of a turn whose lease ran out", async () => {
    const session = await begin(store());
    const lease = await admit(store(), session);
    valueOf(await store().renewLease({ lease, leaseMs: MINUTE, answer: "a", reasoning: "b" }));
    day().nowMs += 2 * MINUTE;
    valueOf(await store().sweep(10));
    const [lost] = await turnsOf(store(), session);
    assert.deepEqual([lost?.status, lost?.answer, lost?.reasoning], ["failed", "a", "b"]);
  });

  it("goes on with no answer that calls tools: their results come next", async () => {
    const session = await begin(store());
    const lease = await admit(store(), session);
    const toolCalls = [{ id: "c", name: "f", arguments: "{}" }];
    valueOf(await store().commitTurn(commitOf(lease, { status: "truncated", toolCalls })));
    const { revision } = await reread(store(), session);
    const going = admissionOf(session, { revision, messages: [], continues: true });
    assert.deepEqual(problemOf(await store().admitTurn(going)), { type: "nothing_to_continue" });
  });
}
