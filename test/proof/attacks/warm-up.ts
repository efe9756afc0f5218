import { RuntimeClient } from "../../support/runtime-client.js";
import { runGeneration } from "../traffic.js";

const CALLERS = 8;
const ROUNDS = 20;
const LARGE_MESSAGES = 16;
const LARGE_CHARACTERS = 3_900_000;
const TURNS = 400;

/** Ordinary traffic, and the largest messages and answers that there may be: what the first of a kind takes is kept. */
export async function warmUp(address: string): Promise<void> {
  using client = new RuntimeClient(address);
  for (let round = 0; round < ROUNDS; round += 1) {
    const short = Array.from({ length: CALLERS }, () => runGeneration(client, "ab", 2));
    const checks = Array.from({ length: CALLERS * 4 }, () => client.unary("grpc.health.v1.Health/Check", {}));
    await Promise.all([...short, ...checks]);
  }
  const prompt = "a".repeat(LARGE_CHARACTERS);
  for (let n = 0; n < LARGE_MESSAGES; n += 1) {
    // Longer than the context.
    await client.unary("rill.v1.GenerationService/Generate", { prompt }).catch(() => undefined);
  }
  const content = "m".repeat(LARGE_CHARACTERS / TURNS);
  const messages = Array.from({ length: TURNS }, (_, n) => ({
    role: n % 2 === 0 ? "ROLE_USER" : "ROLE_ASSISTANT",
    content,
  }));
  const { session } = (await client.unary("rill.v1.SessionService/CreateSession", { messages })) as SessionAnswer;
  const request = { session_id: session.session_id };
  for (let n = 0; n < CALLERS; n += 1) await client.unary("rill.v1.SessionService/ListTurns", request);
  await client.unary("rill.v1.SessionService/DeleteSession", request);
}

interface SessionAnswer {
  readonly session: { readonly session_id: string };
}
