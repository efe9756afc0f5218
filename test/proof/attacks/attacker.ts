import { answerParent } from "./answer-parent.js";
import type { Ground, Outcome } from "./attack.js";
import { ATTACKS } from "./attack-table.js";
import { RawConnection } from "./raw-connection.js";
import { replayTrace, type SentConnection, SentTrace } from "./sent-trace.js";

export type AttackerQuestion =
  | ({ readonly type: "prepare" | "attack"; readonly name: string } & Omit<Ground, "open">)
  | { readonly type: "replay"; readonly trace: readonly SentConnection[]; readonly address: string };

export interface AttackerAnswer extends Outcome {
  readonly trace: readonly SentConnection[];
}

/** A program: runs one attack by its name, or sends the same bytes to a sink. */
answerParent(async (asked): Promise<AttackerAnswer | undefined> => {
  const question = asked as AttackerQuestion;
  if (question.type === "replay") {
    await replayTrace(question.trace, question.address);
    return undefined;
  }
  const attack = ATTACKS.find(({ name }) => name === question.name);
  if (attack === undefined) throw new Error(`no attack ${question.name}`);
  using trace = new SentTrace();
  const { address } = question;
  const ground: Ground = { ...question, open: (options) => RawConnection.open({ address, trace, ...options }) };
  if (question.type === "prepare") {
    await attack.prepare?.(ground);
    return undefined;
  }
  const outcome = await attack.run(ground);
  return { ...outcome, trace: trace.read() };
});
