import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { DescriptorSet } from "../../src/grpc/contract/descriptor-set.js";
import type { JsonObject, JsonValue } from "../../src/client/contract-json.js";
import { RillClient } from "../../src/client/rill-client.js";
import { createLogger, type RootLogger } from "../../src/telemetry/logger.js";
import { generationWhen } from "../support/load-watch.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { promptRequest, refusalOf, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer, type TestServerOptions } from "../support/test-server.js";

const SECRET = "zqhiddenqz";
/** What callers give to be logged. */
const NAMES = new Set(["labels", "request_id", "session_id", "generation_id"]);
const SCHEMA = { type: "object", properties: { [SECRET]: { const: SECRET } }, required: [SECRET] };
const TOOL = { name: SECRET, description: SECRET, parameters: JSON.stringify(SCHEMA) };

const METHODS = [
  "GenerationService/Generate",
  "TokenService/Tokenize",
  "TokenService/CountTokens",
  "SessionService/CreateSession",
  "SessionService/AppendMessages",
  "SessionService/ListTurns",
];

/** A server whose log is kept as it is written, and what calls it. */
class Scene implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly log: RootLogger;
  readonly #parts: { server: TestServer; client: TestClient; rill: RillClient };

  private constructor(
    log: RootLogger,
    lines: string[],
    parts: { server: TestServer; client: TestClient; rill: RillClient },
  ) {
    this.log = log;
    this.lines = lines;
    this.#parts = parts;
  }

  static async start(options: TestServerOptions = {}): Promise<Scene> {
    const lines: string[] = [];
    const destination = new Writable({
      write: (line: Buffer, _encoding, done) => {
        lines.push(line.toString());
        done();
      },
    });
    const log = createLogger({ level: "debug", destination, maxBufferedBytes: 64 * 1024 * 1024 });
    const server = await TestServer.start({ ...options, log });
    const rill = await RillClient.open({
      address: server.address,
      useProxy: false,
      security: undefined,
      token: undefined,
    });
    return new Scene(log, lines, { server, client: new TestClient(server.address), rill });
  }

  get client(): TestClient {
    return this.#parts.client;
  }

  /** Calls by the contract's own names; how it ends is the log's business. */
  async call(method: string, request: JsonObject): Promise<JsonObject | undefined> {
    const options = { signal: new AbortController().signal, deadlineMs: 20_000 };
    return await this.#parts.rill.unary(`rill.v1.${method}`, request, options).catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.client[Symbol.dispose]();
    this.#parts.rill[Symbol.dispose]();
    await this.#parts.server[Symbol.asyncDispose]();
    await this.log[Symbol.asyncDispose]();
  }
}

/** The log's lines, once the server is down. */
async function linesOf(options: TestServerOptions, act: (scene: Scene) => Promise<unknown>): Promise<string[]> {
  const scene = await Scene.start(options);
  try {
    await act(scene);
  } finally {
    await scene[Symbol.asyncDispose]();
  }
  return scene.lines.filter((line) => line !== "");
}

function assertHidden(lines: readonly string[], expected: readonly string[]): void {
  const telling = lines.filter((line) => line.includes(SECRET));
  assert.deepEqual(telling, []);
  const messages = new Set(lines.map((line) => (JSON.parse(line) as { msg: string }).msg));
  for (const message of expected) assert.ok(messages.has(message), `nothing said "${message}"`);
}

/** A request for each field of text that a message has, however deep, with the secret in it. */
function* secretRequests(message: DescMessage, depth = 0): Generator<JsonObject> {
  if (depth > 5 || message.typeName.startsWith("google.")) return;
  for (const field of message.fields) {
    if (NAMES.has(field.name)) continue;
    for (const value of secretValues(field, depth)) yield { [field.name]: value };
  }
}

function* secretValues(field: DescField, depth: number): Generator<JsonValue> {
  if (field.fieldKind === "map") return;
  const isList = field.fieldKind === "list";
  if (field.scalar === ScalarType.STRING) yield isList ? [SECRET] : SECRET;
  if (field.message === undefined) return;
  for (const value of secretRequests(field.message, depth + 1)) yield isList ? [value] : value;
}

describe("The log of calls", function () {
  this.timeout(120_000);

  it("holds nothing of any field of text that a request has, taken or refused", async () => {
    const { registry } = await DescriptorSet.read();
    const lines = await linesOf({ limits: { gbnfBytes: 10_000 } }, async (scene) => {
      const { session } = (await scene.call("SessionService/CreateSession", {})) as { session: { sessionId: string } };
      const turn = { session_id: session.sessionId, messages: [{ role: "ROLE_USER", content: "Hello" }] };
      for (const method of METHODS) {
        const [service, name] = method.split("/");
        const input = registry.getService(`rill.v1.${service}`)?.methods.find((each) => each.name === name)?.input;
        assert.ok(input !== undefined);
        for (const request of secretRequests(input)) {
          for (const base of [{}, { prompt: "a" }, turn]) await scene.call(method, merged(base, request, turn));
        }
      }
    });
    assertHidden(lines, ["call refused", "generation ended"]);
  });

  it("holds no content of calls that go well: prompts, outputs, shapes, tools, sessions", async () => {
    const lines = await linesOf({ limits: { gbnfBytes: 10_000 }, engine: { cycle: false } }, async (scene) => {
      const generate = async (request: JsonObject): Promise<void> => {
        const answer = await scene.call("GenerationService/Generate", request);
        assert.ok(answer !== undefined, JSON.stringify(request));
      };
      // The scripted engine knows few grammars: some of these end in a fault of it.
      const shape = (request: JsonObject): Promise<unknown> => scene.call("GenerationService/Generate", request);
      await generate({ prompt: SECRET, labels: { team: "red" } });
      await generate({ prompt: `a ${SECRET}`, stopping: { stop_sequences: [SECRET] } });
      await shape({ prompt: "a", json_schema: JSON.stringify(SCHEMA) });
      await shape({ prompt: "a", choices: { texts: [SECRET, "other"] } });
      await shape({ prompt: "a", gbnf: `root ::= "${SECRET}"` });
      await shape({ prompt: "a", regex: SECRET });
      await generate({ prompt: "a", sampling: { dry: { multiplier: 1, sequence_breakers: [SECRET] } } });
      // It repeats the prompt, whose description of the tools opens a call that its grammars do not know.
      await shape({ chat: { messages: [{ role: "ROLE_USER", content: SECRET }], tools: [TOOL] } });
      const messages = [
        { role: "ROLE_SYSTEM", content: SECRET },
        { role: "ROLE_USER", content: SECRET },
      ];
      const created = await scene.call("SessionService/CreateSession", { messages });
      const { sessionId } = created?.session as { sessionId: string };
      await generate({ turn: { session_id: sessionId, messages: [{ role: "ROLE_USER", content: SECRET }] } });
      await scene.call("SessionService/ListTurns", { session_id: sessionId });
    });
    assertHidden(lines, ["generation ended"]);
    assert.ok(lines.some((line) => line.includes('"labels":{"team":"red"}')));
  });

  it("holds no content of calls that are refused or fail, at any stage", async () => {
    const lines = await linesOf({ limits: { gbnfBytes: 10_000 } }, async (scene) => {
      const refuse = async (request: JsonObject): Promise<void> => {
        assert.equal(await scene.call("GenerationService/Generate", request), undefined, JSON.stringify(request));
      };
      const chat = (fields: JsonObject): JsonObject => ({
        chat: { messages: [{ role: "ROLE_USER", content: SECRET }], ...fields },
      });
      const bad = (schema: unknown): string => JSON.stringify({ properties: { [SECRET]: schema } });
      await refuse({ prompt: SECRET.repeat(1_000) });
      await refuse({ prompt: SECRET, sampling: { temperature: 9 } });
      await refuse({ prompt: "a", json_schema: bad({ [SECRET]: 1 }) });
      await refuse({ prompt: "a", json_schema: bad({ $ref: `#/${SECRET}` }) });
      await refuse({ prompt: "a", gbnf: `root ::= ${SECRET}` });
      await refuse({ prompt: "a", regex: `(?<=${SECRET})a` });
      await refuse({ prompt: "a", sampling: { logit_bias: [{ text: SECRET, bias: 1 }] } });
      await refuse(chat({ template_arguments: JSON.stringify({ [SECRET]: 1 }) }));
      await refuse(chat({ tools: [TOOL, TOOL] }));
      await refuse(
        chat({ tools: [{ name: SECRET, parameters: bad({ pattern: SECRET }) }], tool_choice: { tool: SECRET } }),
      );
      await refuse(chat({ tools: [{ name: "f" }], tool_choice: { tool: SECRET } }));
      const call = { id: SECRET, name: SECRET, arguments: `{"${SECRET}"` };
      await refuse({
        chat: {
          messages: [
            { role: "ROLE_ASSISTANT", tool_calls: [call] },
            { role: "ROLE_TOOL", content: SECRET, tool_call_id: `${SECRET}2` },
          ],
        },
      });
      await refusalOf(scene.client.generate(tokensRequest([...Buffer.from(SECRET), SCRIPT.FAIL_PULL])));
      const endless = tokensRequest([SCRIPT.CYCLE, ...Buffer.from(SECRET)], { requestId: "cut" });
      const cut = refusalOf(scene.client.generate(endless));
      await generationWhen(scene.client, ({ requestId, inputTokens }) => requestId === "cut" && inputTokens > 0);
      await scene.client.cancel({ target: { $case: "requestId", value: "cut" } });
      await cut;
    });
    assertHidden(lines, ["call refused", "a call ended without its result", "generation ended", "a call failed"]);
  });

  it("holds nothing that a failing parser quotes", async () => {
    const prepare = (): Promise<never> => Promise.resolve().then(() => JSON.parse(SECRET) as never);
    const lines = await linesOf({ prepare }, (scene) => refusalOf(scene.client.generate(promptRequest("a"))));
    assertHidden(lines, ["a call failed"]);
    const failed = lines.find((line) => line.includes("a call failed")) ?? "";
    assert.match(failed, /"type":"SyntaxError"/);
    assert.match(failed, /logs-hold-no-text/);
  });
});

/** The request with what it needs beside its secret to get further than its first check. */
function merged(base: JsonObject, request: JsonObject, turn: JsonObject): JsonObject {
  if (request.turn !== undefined) return { turn: { ...turn, ...(request.turn as JsonObject) } };
  if (request.chat !== undefined) return { chat: { messages: turn.messages ?? [], ...(request.chat as JsonObject) } };
  return { ...base, ...request };
}
