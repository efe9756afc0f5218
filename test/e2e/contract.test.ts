import assert from "node:assert/strict";
import { loadFileDescriptorSetFromBuffer, type PackageDefinition } from "@grpc/proto-loader";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { ContractClient, type ContractMessage } from "../support/contract-client.js";
import { CONTRACT_NAMING, loadContract } from "../support/load-contract.js";
import { TestServer } from "../support/test-server.js";

const TEXT = "Once upon a time, grüße 🌊";

/** What a tool without proto files does: asks the server for its services, and for the files that declare them. */
async function loadByReflection(address: string, version: string): Promise<PackageDefinition> {
  using client = new ContractClient(address, loadContract());
  const method = `grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  const listed = await client.call(method, [{ list_services: "" }]);
  const services = (listed.messages[0]?.list_services_response as { service: { name: string }[] }).service;
  const asked = await client.call(
    method,
    services.map(({ name }) => ({ file_containing_symbol: name })),
  );
  const files = new Map<string, Buffer>();
  for (const { file_descriptor_response: response } of asked.messages) {
    const { file_descriptor_proto: protos } = response as { file_descriptor_proto: Buffer[] };
    for (const bytes of protos) files.set(bytes.toString("latin1"), bytes);
  }
  const set = new BinaryWriter();
  for (const bytes of files.values()) set.tag(1, WireType.LengthDelimited).bytes(bytes);
  return loadFileDescriptorSetFromBuffer(Buffer.from(set.finish()), CONTRACT_NAMING);
}

/** Of the events of GenerateStream. */
const textOf = (messages: readonly ContractMessage[]): string =>
  messages.map(({ chunk }) => (chunk as { text: string } | undefined)?.text ?? "").join("");

describe("A client that knows only the contract", () => {
  let server: TestServer;

  before(async () => {
    server = await TestServer.start();
  });

  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  // proto-loader reads the maps of a descriptor set as the entries that they are on the wire.
  const entries = [{ key: "team", value: "docs" }];
  const contracts = [
    { source: "the proto files", load: async () => loadContract(), labels: { team: "docs" } },
    { source: "reflection v1 alone", load: () => loadByReflection(server.address, "v1"), labels: entries },
    { source: "reflection v1alpha alone", load: () => loadByReflection(server.address, "v1alpha"), labels: entries },
  ];

  for (const { source, load, labels } of contracts) {
    describe(`from ${source}`, () => {
      let client: ContractClient;

      before(async () => {
        client = new ContractClient(server.address, await load());
      });

      after(() => client[Symbol.dispose]());

      it("streams a text, and gets the same in one answer", async () => {
        const stream = await client.call("rill.v1.GenerationService/GenerateStream", [{ prompt: TEXT }]);
        assert.equal(stream.code, 0);
        assert.equal(textOf(stream.messages), TEXT);
        assert.deepEqual(
          stream.messages.map(({ sequence }) => sequence),
          stream.messages.map((_, index) => index + 1),
        );
        assert.deepEqual([stream.messages[0]?.event, stream.messages.at(-1)?.event], ["accepted", "completed"]);
        const answer = await client.answer("rill.v1.GenerationService/Generate", { prompt: TEXT });
        assert.deepEqual([answer.text, answer.finish_reason], [TEXT, "FINISH_REASON_END_OF_TURN"]);
      });

      it("chats, with every optional group given", async () => {
        const answer = await client.answer("rill.v1.GenerationService/Generate", {
          chat: { messages: [{ role: "ROLE_USER", content: "Hi" }] },
          request_id: `chat-${source}`,
          expected_model: server.model.name,
          labels,
          sampling: { temperature: 0, top_k: 1, top_p: 1, min_p: 0, seed: 4_294_967_295 },
          stopping: {
            max_output_tokens: 200,
            stop_sequences: ["\n"],
            ignore_end_of_generation: false,
            time_limit: { seconds: 5 },
          },
          output: { token_ids: true, timings: true, usage: true },
          scheduling: { lane: "LANE_INTERACTIVE" },
        });
        assert.equal(answer.finish_reason, "FINISH_REASON_STOP_SEQUENCE");
        assert.deepEqual((answer.stop_match as ContractMessage).stop_sequence, "\n");
        const parameters = answer.effective_parameters as {
          sampling: { seed: number };
          scheduling: { lane: string };
        };
        assert.deepEqual([parameters.sampling.seed, parameters.scheduling.lane], [4_294_967_295, "LANE_INTERACTIVE"]);
      });

      it("is told what is wrong in google.rpc details", async () => {
        const { code, metadata } = await client.call("rill.v1.GenerationService/Generate", [{ prompt: "" }]);
        assert.equal(code, 3);
        assert.ok(metadata.get("grpc-status-details-bin").length === 1);
      });

      it("finds every other method served", async () => {
        const tokens = await client.answer("rill.v1.TokenService/Tokenize", { text: TEXT });
        const text = await client.answer("rill.v1.TokenService/Detokenize", tokens);
        assert.equal(text.text, TEXT);
        const counted = await client.answer("rill.v1.TokenService/CountTokens", { prompt: TEXT });
        assert.equal(counted.input_tokens, (tokens.token_ids as number[]).length);
        const { model } = await client.answer("rill.v1.ModelService/GetModel", {});
        assert.equal((model as ContractMessage).name, server.model.name);
        const { server_info: info } = await client.answer("rill.v1.ServerService/GetServerInfo", {});
        assert.equal((info as ContractMessage).version, "0.0.0-test");
        const { load } = await client.answer("rill.v1.ServerService/GetLoad", {});
        assert.equal((load as ContractMessage).state, "LIFECYCLE_STATE_SERVING");
        const watched = await client.call("rill.v1.ServerService/WatchLoad", [{}], 1);
        assert.equal(watched.messages.length, 1);
        const health = await client.answer("grpc.health.v1.Health/Check", { service: "rill.v1.GenerationService" });
        assert.equal(health.status, "SERVING");
        const watchedHealth = await client.call("grpc.health.v1.Health/Watch", [{}], 1);
        assert.equal(watchedHealth.messages[0]?.status, "SERVING");
        const list = await client.answer("grpc.health.v1.Health/List", {});
        assert.equal(Object.keys(list.statuses as object).length, 6);
        const cancel = await client.call("rill.v1.GenerationService/CancelGeneration", [{ request_id: "none" }]);
        assert.equal(cancel.code, 5);
      });
    });
  }
});
