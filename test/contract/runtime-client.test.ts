import assert from "node:assert/strict";
import type { PackageDefinition, ServiceDefinition } from "@grpc/proto-loader";
import { FinishReason } from "../../generated/rill/v1/finish.js";
import { GenerateStreamRequest, GenerateStreamResponse } from "../../generated/rill/v1/generation_service.js";
import { type ContractMethod, contractMethod, loadContract } from "../support/load-contract.js";
import { Channel } from "../../generated/rill/v1/generation_event.js";

function serviceOf(contract: PackageDefinition, name: string): ServiceDefinition {
  const found = contract[name];
  assert.ok(found !== undefined && !("format" in found), `${name} is a service`);
  return found;
}

/** What kind of call a method is, in the words of the contract's table. */
function kindOf(method: ContractMethod): string {
  if (method.requestStream) return method.responseStream ? "both ways" : "client stream";
  return method.responseStream ? "server stream" : "unary";
}

describe("a client built at run time from proto/", () => {
  const contract = loadContract();

  it("sees every service with every method", () => {
    const services = Object.entries(contract).filter(([, entry]) => !("format" in entry));
    const table = services.map(([name]) => {
      const methods = Object.entries(serviceOf(contract, name));
      return [name, Object.fromEntries(methods.map(([method, definition]) => [method, kindOf(definition)]))];
    });
    assert.deepEqual(Object.fromEntries(table), {
      "rill.v1.GenerationService": {
        Generate: "unary",
        GenerateStream: "server stream",
        GetGeneration: "unary",
        CancelGeneration: "unary",
      },
      "rill.v1.ModelService": { GetModel: "unary" },
      "rill.v1.TokenService": { Tokenize: "unary", Detokenize: "unary", CountTokens: "unary" },
      "rill.v1.SessionService": {
        CreateSession: "unary",
        GetSession: "unary",
        UpdateSession: "unary",
        ListSessions: "unary",
        ListTurns: "unary",
        DeleteSession: "unary",
        ForkSession: "unary",
        AppendMessages: "unary",
      },
      "rill.v1.ServerService": { GetServerInfo: "unary", GetLoad: "unary", WatchLoad: "server stream" },
      "grpc.health.v1.Health": { Check: "unary", Watch: "server stream", List: "unary" },
      "grpc.reflection.v1.ServerReflection": { ServerReflectionInfo: "both ways" },
      "grpc.reflection.v1alpha.ServerReflection": { ServerReflectionInfo: "both ways" },
    });
  });

  it("writes a request by the names that clients lean on, and the server's types read it", () => {
    const method = contractMethod(contract, "rill.v1.GenerationService/GenerateStream");
    const request = GenerateStreamRequest.decode(
      method.requestSerialize({
        chat: { messages: [{ role: "ROLE_USER", content: "Hello" }] },
        sampling: { temperature: 0, seed: 4_294_967_295 },
        stopping: { max_output_tokens: 0, stop_sequences: ["\n"], ignore_end_of_generation: false },
      }),
    );
    assert.deepEqual(request.input?.$case === "chat" && request.input.value.messages[0]?.content, "Hello");
    assert.equal(request.sampling?.temperature, 0);
    assert.equal(request.sampling.seed, 4_294_967_295);
    assert.equal(request.sampling.topK, undefined);
    assert.equal(request.stopping?.maxOutputTokens, 0);
    assert.deepEqual(request.stopping.stopSequences, ["\n"]);
    assert.equal(request.stopping.ignoreEndOfGeneration, false);
  });

  it("names a prompt at the top level, empty or not", () => {
    const method = contractMethod(contract, "rill.v1.GenerationService/GenerateStream");
    for (const prompt of ["Once upon a time", ""]) {
      const request = GenerateStreamRequest.decode(method.requestSerialize({ prompt }));
      assert.deepEqual(request.input, { $case: "prompt", value: prompt });
    }
  });

  it("reads the server's events by the names that clients lean on", () => {
    const method = contractMethod(contract, "rill.v1.GenerationService/GenerateStream");
    const read = (message: GenerateStreamResponse): object =>
      method.responseDeserialize(Buffer.from(GenerateStreamResponse.encode(message).finish()));
    const chunk = {
      text: "é",
      channel: Channel.ANSWER,
      tokenCount: 2,
      outputTokens: 7,
      tokenIds: [3, 4],
      logprobs: [],
      tokenBytes: [],
    };
    const expectedChunk = { text: "é", channel: "CHANNEL_ANSWER", token_count: 2, output_tokens: 7, token_ids: [3, 4] };
    assert.deepEqual(plain(read({ sequence: 3, event: { $case: "chunk", value: chunk } })), {
      sequence: 3,
      event: "chunk",
      chunk: expectedChunk,
    });
    const completed = {
      finishReason: FinishReason.MAX_TOKENS,
      restarts: 0,
      incompleteText: true,
      textSha256: Buffer.alloc(32),
      usage: {
        inputTokens: 5,
        reusedInputTokens: 4,
        outputTokens: 3,
        reasoningOutputTokens: 2,
        deliveredOutputTokens: 2,
        undeliveredOutputTokens: 1,
      },
    };
    const last = plain(read({ sequence: 4, event: { $case: "completed", value: completed } }));
    assert.deepEqual(last.completed, {
      finish_reason: "FINISH_REASON_MAX_TOKENS",
      incomplete_text: true,
      text_sha256: { type: "Buffer", data: Array<number>(32).fill(0) },
      usage: {
        input_tokens: 5,
        reused_input_tokens: 4,
        output_tokens: 3,
        reasoning_output_tokens: 2,
        delivered_output_tokens: 2,
        undelivered_output_tokens: 1,
      },
    });
  });
});

/** The same data without prototypes, as JSON knows it. */
function plain(message: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(message)) as Record<string, unknown>;
}
