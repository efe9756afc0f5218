import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { credentials } from "@grpc/grpc-js";
import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
} from "../../../generated/grpc/reflection/v1/reflection.js";
import { ServerReflectionClient as AlphaClient } from "../../../generated/grpc/reflection/v1alpha/reflection.js";
import { resultOf, TestClient } from "../../support/test-client.js";
import { serveSuite } from "../../support/suite-server.js";
import { TestServer } from "../../support/test-server.js";

const DESCRIPTORS = new URL("../../../../generated/descriptors.binpb", import.meta.url);

type Question = NonNullable<ServerReflectionRequest["messageRequest"]>;
type Answer = NonNullable<ServerReflectionResponse["messageResponse"]>;
type ReflectionClient = Pick<TestClient["reflection"], "serverReflectionInfo">;

describe("Server reflection", () => {
  const suite = serveSuite();

  /** Asks all on one stream, in order. */
  const ask = async (reflection: ReflectionClient, questions: readonly Question[]): Promise<Answer[]> => {
    const stream = reflection.serverReflectionInfo();
    const answers: Answer[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      stream.on("data", ({ messageResponse }: ServerReflectionResponse) => {
        if (messageResponse !== undefined) answers.push(messageResponse);
      });
      stream.on("error", reject);
      stream.on("end", resolve);
    });
    for (const messageRequest of questions) stream.write({ host: "", messageRequest });
    stream.end();
    await ended;
    return answers;
  };

  const filesOf = (answer: Answer | undefined): Buffer[] => {
    assert.ok(answer?.$case === "fileDescriptorResponse", answer?.$case);
    return answer.value.fileDescriptorProto;
  };

  it("hands out every file byte for byte as the compiler wrote it, with all it needs", async () => {
    const written = await readFile(DESCRIPTORS);
    const set = fromBinary(FileDescriptorSetSchema, written);
    const questions = set.file.map(({ name }): Question => ({ $case: "fileByFilename", value: name }));
    const answers = await ask(suite.client.reflection, questions);
    for (const [index, file] of set.file.entries()) {
      const files = filesOf(answers[index]);
      assert.deepEqual(files[0], Buffer.from(toBinary(FileDescriptorProtoSchema, file)), file.name);
      for (const bytes of files) assert.ok(written.includes(bytes));
      const names = files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
      for (const dependency of file.dependency)
        assert.ok(names.includes(dependency), `${file.name} needs ${dependency}`);
      assert.equal(new Set(names).size, names.length);
    }
  });

  it("lists the services, the same by v1 and by v1alpha", async () => {
    const question: Question[] = [{ $case: "listServices", value: "" }];
    using alpha = disposableAlpha(suite.server.address);
    for (const reflection of [suite.client.reflection, alpha.client]) {
      const [answer] = await ask(reflection, question);
      assert.ok(answer?.$case === "listServicesResponse");
      assert.deepEqual(answer.value.service.map(({ name }) => name).sort(), [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "rill.v1.GenerationService",
        "rill.v1.ModelService",
        "rill.v1.ServerService",
        "rill.v1.SessionService",
        "rill.v1.TokenService",
      ]);
    }
  });

  it("finds the file of any name: service, method, message, field, oneof, enum, value", async () => {
    const symbols = {
      "rill.v1.GenerationService": "rill/v1/generation_service.proto",
      "rill.v1.GenerationService.Generate": "rill/v1/generation_service.proto",
      "rill.v1.Chunk": "rill/v1/generation_event.proto",
      "rill.v1.Chunk.text": "rill/v1/generation_event.proto",
      "rill.v1.GenerateRequest.input": "rill/v1/generation_service.proto",
      "rill.v1.GenerateRequest.LabelsEntry": "rill/v1/generation_service.proto",
      "rill.v1.Lane": "rill/v1/scheduling.proto",
      "rill.v1.LANE_BATCH": "rill/v1/scheduling.proto",
      "grpc.health.v1.HealthCheckResponse.ServingStatus": "grpc/health/v1/health.proto",
      "grpc.health.v1.HealthCheckResponse.SERVING": "grpc/health/v1/health.proto",
      "google.rpc.ErrorInfo": "google/rpc/error_details.proto",
    };
    const questions = Object.keys(symbols).map((value): Question => ({ $case: "fileContainingSymbol", value }));
    const answers = await ask(suite.client.reflection, questions);
    const names = answers.map(
      (answer) => fromBinary(FileDescriptorProtoSchema, filesOf(answer)[0] ?? Buffer.alloc(0)).name,
    );
    assert.deepEqual(names, Object.values(symbols));
  });

  it("says NOT_FOUND for what is not there, and goes on answering on the same stream", async () => {
    const answers = await ask(suite.client.reflection, [
      { $case: "fileByFilename", value: "no/such.proto" },
      { $case: "fileContainingSymbol", value: "rill.v1.Nothing" },
      { $case: "fileContainingExtension", value: { containingType: "rill.v1.Chunk", extensionNumber: 9 } },
      { $case: "allExtensionNumbersOfType", value: "rill.v1.Nothing" },
      { $case: "allExtensionNumbersOfType", value: "rill.v1.Chunk" },
    ]);
    for (const answer of answers.slice(0, 4)) {
      assert.ok(answer.$case === "errorResponse");
      assert.equal(answer.value.errorCode, 5);
    }
    const last = answers[4];
    assert.ok(last?.$case === "allExtensionNumbersResponse");
    assert.deepEqual([last.value.baseTypeName, last.value.extensionNumber], ["rill.v1.Chunk", []]);
  });

  it("bounds its streams, those of both versions together, and gives the place of one that left to another", async () => {
    await using small = await TestServer.start({ limits: { reflectionStreams: 2 } });
    using watched = new TestClient(small.address);
    using alpha = disposableAlpha(small.address);
    const question: Question = { $case: "listServices", value: "" };
    const open = async (
      reflection: ReflectionClient,
    ): Promise<ReturnType<ReflectionClient["serverReflectionInfo"]>> => {
      const stream = reflection.serverReflectionInfo();
      stream.on("error", () => {});
      const answered = new Promise((resolve) => stream.on("data", resolve));
      stream.write({ host: "", messageRequest: question });
      await answered;
      return stream;
    };
    const held = [await open(watched.reflection), await open(alpha.client)];
    const third = watched.reflection.serverReflectionInfo();
    const refused = resultOf(third);
    third.write({ host: "", messageRequest: question });
    const { status } = await refused;
    assert.deepEqual([status.code, status.reason, status.facts.max_watchers], [8, "TOO_MANY_WATCHERS", "2"]);
    const left = new Promise((resolve) => held[0]?.on("end", resolve));
    held[0]?.end();
    await left;
    assert.equal((await ask(watched.reflection, [question])).length, 1);
  });

  it("ends with the watches, so that an idle stream does not hold up a drain", async () => {
    const stream = suite.client.reflection.serverReflectionInfo();
    const status = new Promise<number>((resolve) => stream.on("status", ({ code }: { code: number }) => resolve(code)));
    stream.on("error", () => {});
    stream.on("data", () => suite.server.rpc.endWatches());
    stream.write({ host: "", messageRequest: { $case: "listServices", value: "" } });
    assert.equal(await status, 14);
  });
});

function disposableAlpha(address: string): Disposable & { readonly client: AlphaClient } {
  const client = new AlphaClient(address, credentials.createInsecure());
  return { client, [Symbol.dispose]: () => client.close() };
}
