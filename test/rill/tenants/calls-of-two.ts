import { ENDLESS, type KnownIds, SHARED, type TenantCalls } from "./tenant-calls.js";

/** A call of the second tenant. It may use the first tenant's ids. */
export type Action = (two: TenantCalls, one: KnownIds) => Promise<unknown>;

const GENERATE = "GenerationService/Generate";
const STREAM = "GenerationService/GenerateStream";
const STOPPING = { max_output_tokens: 4 };
const MESSAGE = [{ role: "ROLE_USER", content: "Hello" }];

const ask =
  (name: string, request: (one: KnownIds, own: KnownIds) => object): Action =>
  (two, one) =>
    two.ask(name, request(one, two.ids));

const turn = (sessionId: string, others: object = {}): object => ({
  turn: { session_id: sessionId, messages: MESSAGE, wait_if_busy: true, ...others },
  stopping: STOPPING,
  idempotency_key: SHARED.turnKey,
});

/** The second tenant's actions: whatever might be met by the first, and attempts at what is the first's. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  "sends the same prompt": ask(GENERATE, () => ({ prompt: SHARED.prompt, stopping: STOPPING })),
  "takes the same request id": ask(GENERATE, () => ({
    prompt: SHARED.prompt,
    stopping: STOPPING,
    request_id: SHARED.requestId,
  })),
  "takes the same idempotency key": ask(GENERATE, () => ({
    prompt: `${SHARED.prompt}?`,
    stopping: STOPPING,
    idempotency_key: SHARED.key,
  })),
  "asks for the same schema": ask(GENERATE, () => ({
    prompt: SHARED.prompt,
    stopping: STOPPING,
    json_schema: SHARED.schema,
  })),
  "shares its cache with its own private calls": ask(GENERATE, () => ({
    prompt: SHARED.prompt,
    stopping: STOPPING,
    cache: "CACHE_SCOPE_PRIVATE",
  })),
  "goes on with the same prompt for ever": ask(STREAM, () => ({
    prompt: SHARED.prompt,
    stopping: { max_output_tokens: 300, ignore_end_of_generation: true },
  })),
  "writes for ever under the same request id": ask(STREAM, () => ({
    ...ENDLESS,
    request_id: SHARED.busyId,
    stopping: { max_output_tokens: 300 },
  })),
  "cancels by the same request id": ask("GenerationService/CancelGeneration", () => ({ request_id: SHARED.busyId })),
  "cancels the other's generation": ask("GenerationService/CancelGeneration", (one) => ({
    generation_id: one.generation,
  })),
  "asks for the other's generation": ask("GenerationService/GetGeneration", (one) => ({
    generation_id: one.generation,
  })),
  "creates a session": ask("SessionService/CreateSession", () => ({ labels: { of: "two" } })),
  "takes a turn in its session": ask(STREAM, (_one, own) => turn(own.session)),
  "takes a turn in the other's session": ask(STREAM, (one) => turn(one.session)),
  "deletes the other's session": ask("SessionService/DeleteSession", (one) => ({ session_id: one.session })),
  "changes the other's session": ask("SessionService/UpdateSession", (one) => ({
    session_id: one.session,
    labels: { entries: { of: "two" } },
  })),
  "appends to the other's session": ask("SessionService/AppendMessages", (one) => ({
    session_id: one.session,
    messages: MESSAGE,
  })),
  "forks the other's session": ask("SessionService/ForkSession", (one) => ({ session_id: one.session })),
  "lists sessions by the other's page token": ask("SessionService/ListSessions", (one) => ({
    page_token: one.pageToken,
  })),
  "counts, tokenises and looks around": async (two) => {
    await two.ask("TokenService/CountTokens", { prompt: SHARED.prompt });
    await two.ask("TokenService/Tokenize", { text: SHARED.prompt });
    await two.ask("ServerService/GetLoad", {});
  },
};
