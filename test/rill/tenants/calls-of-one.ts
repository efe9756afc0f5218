import { ENDLESS, type KnownIds, SHARED, type TenantCalls } from "./tenant-calls.js";

type Step = (one: TenantCalls, two: KnownIds) => Promise<object>;

const STOPPING = { max_output_tokens: 4 };
const PROMPT = { prompt: SHARED.prompt, stopping: STOPPING };
const CHAT = { messages: [{ role: "ROLE_USER", content: "Hello" }] };
const MESSAGE = [{ role: "ROLE_USER", content: "Hello" }];

const GENERATE = "GenerationService/Generate";
const STREAM = "GenerationService/GenerateStream";
const GET = "GenerationService/GetGeneration";
const CANCEL = "GenerationService/CancelGeneration";

/** A turn of a session, which ends after a few tokens. */
function turn(sessionId: string, others: object = {}): object {
  return { turn: { session_id: sessionId, messages: MESSAGE }, stopping: STOPPING, ...others };
}

/**
 * The calls of the first tenant, in order: every method of rill.v1, with names that the other tenant uses too, and with ids of the other tenant. Without
 * the other tenant those ids belong to nothing.
 */
export function createStepsOfOne(): readonly Step[] {
  let session = "";
  let ofBusy: () => Promise<object> = () => Promise.resolve({});
  const step =
    (name: string, request: object): Step =>
    (one) =>
      one.ask(name, request);
  return [
    step("ServerService/GetServerInfo", {}),
    step("ModelService/GetModel", {}),
    step("TokenService/Tokenize", { text: SHARED.prompt }),
    step("TokenService/Detokenize", { token_ids: [65, 66] }),
    step("TokenService/CountTokens", { chat: CHAT }),
    step(GENERATE, { ...PROMPT, request_id: SHARED.requestId }),
    step(GENERATE, { ...PROMPT, idempotency_key: SHARED.key }),
    step(GENERATE, { ...PROMPT, idempotency_key: SHARED.key }),
    step(GENERATE, { prompt: "another", idempotency_key: SHARED.key }),
    step(GET, { request_id: SHARED.requestId }),
    (one, two) => one.ask(GET, { generation_id: two.generation }),
    (one, two) => one.ask(CANCEL, { generation_id: two.generation }),
    async (one) => {
      ofBusy = await one.begin(SHARED.busyId);
      return {};
    },
    step(GENERATE, { ...PROMPT, request_id: SHARED.busyId }),
    step("ServerService/GetLoad", {}),
    (one) => one.ask("ServerService/WatchLoad", {}, 1),
    async (one) => {
      const cancelled = await one.ask(CANCEL, { request_id: SHARED.busyId });
      const ended = await ofBusy();
      await one.ended(SHARED.busyId);
      return { cancelled, ended };
    },
    step(CANCEL, { request_id: SHARED.busyId }),
    step("ServerService/GetLoad", {}),
    step(GENERATE, { ...PROMPT, json_schema: SHARED.schema }),
    ...["PRIVATE", "NONE", "PRIVATE", "TENANT"].map((scope) =>
      step(GENERATE, { ...PROMPT, cache: `CACHE_SCOPE_${scope}` }),
    ),
    step("SessionService/CreateSession", { labels: { of: "one" } }),
    async (one) => {
      session = one.ids.session;
      return await one.ask(STREAM, turn(session, { idempotency_key: SHARED.turnKey }));
    },
    (one) => one.ask(STREAM, turn(session, { idempotency_key: SHARED.turnKey })),
    (one) => one.ask(STREAM, turn(session, { idempotency_key: SHARED.turnKey, sampling: { temperature: 1 } })),
    (one) => one.ask("SessionService/ListTurns", { session_id: session, page_size: 1 }),
    (one) => one.ask("SessionService/AppendMessages", { session_id: session, messages: MESSAGE }),
    (one) => one.ask("SessionService/UpdateSession", { session_id: session, labels: { entries: { of: "ONE" } } }),
    (one) => one.ask("SessionService/ForkSession", { session_id: session }),
    (one) => one.ask("SessionService/GetSession", { session_id: session }),
    (one) => one.ask("SessionService/ListSessions", { page_size: 1 }),
    (one) => one.ask("SessionService/ListSessions", { page_size: 1, page_token: one.ids.pageToken }),
    (one, two) => one.ask("SessionService/GetSession", { session_id: two.session }),
    (one, two) => one.ask("SessionService/ListTurns", { session_id: two.session }),
    (one, two) => one.ask("SessionService/UpdateSession", { session_id: two.session, idle_timeout: { seconds: 60 } }),
    (one, two) => one.ask("SessionService/AppendMessages", { session_id: two.session, messages: MESSAGE }),
    (one, two) => one.ask("SessionService/ForkSession", { session_id: two.session }),
    (one, two) => one.ask(STREAM, turn(two.session, { idempotency_key: SHARED.turnKey })),
    (one, two) => one.ask("SessionService/DeleteSession", { session_id: two.session }),
    (one) => one.ask("SessionService/DeleteSession", { session_id: session }),
    (one) => one.ask("SessionService/GetSession", { session_id: session }),
    step("SessionService/ListSessions", {}),
    step(GET, { request_id: SHARED.requestId }),
    step(GENERATE, { ...ENDLESS, stopping: STOPPING }),
  ];
}
