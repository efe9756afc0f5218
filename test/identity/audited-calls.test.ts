import assert from "node:assert/strict";
import * as grpc from "@grpc/grpc-js";
import type { CancelGenerationResponse, GetGenerationResponse } from "../../generated/rill/v1/generation_service.js";
import { CancelMode } from "../../generated/rill/v1/generation_service.js";
import { AuditEntries } from "../support/audit-entries.js";
import { hashOf, IdentityRig } from "../support/identity-rig.js";
import { SCRIPT } from "../support/scripted-engine.js";
import { answerOf, messageOf, refusalOf, TestClient, tokensRequest } from "../support/test-client.js";
import { TestServer } from "../support/test-server.js";

const TENANTS = `
tenants:
  acme:
    keys:
      - { name: app, sha256: ${hashOf("app")} }
  ops:
    keys:
      - { name: root, sha256: ${hashOf("root")}, permissions: [observe, cancel] }
`;

function bearer(key: string): grpc.Metadata {
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${key}`);
  return metadata;
}

describe("The audit trail", () => {
  it("hears of refused callers, and of what a caller does to another tenant's generation, but of no one's own", async () => {
    const audit = new AuditEntries();
    await using rig = await IdentityRig.open({ tenants: TENANTS });
    await using server = await TestServer.start({
      identify: rig.identify,
      audit,
      engine: { cycle: true, stepMs: 20 },
    });
    using client = new TestClient(server.address);
    const { generation } = client;
    const stream = generation.generateStream(tokensRequest([SCRIPT.CYCLE, 65]), bearer("app"));
    const { generationId } = await messageOf(stream, ({ event }) => event?.$case === "accepted").then(({ event }) =>
      event?.$case === "accepted" ? event.value : assert.fail(),
    );
    stream.on("error", () => undefined);
    const target = { $case: "generationId", value: generationId } as const;
    for (const key of ["app", "root"])
      await answerOf<GetGenerationResponse>((settle) => generation.getGeneration({ target }, bearer(key), settle));
    await answerOf<CancelGenerationResponse>((settle) =>
      generation.cancelGeneration({ target, mode: CancelMode.IMMEDIATE }, bearer("root"), settle),
    );
    await refusalOf(client.generate(tokensRequest([65])));
    await refusalOf(
      answerOf((settle) => generation.generate(tokensRequest([65]), bearer("root"), {}, settle as () => undefined)),
    );
    assert.deepEqual(
      audit.list.map(({ action, outcome, caller, target: method, targetTenant, generationId: id }) => {
        return [action, outcome, caller?.subject, method, targetTenant, id];
      }),
      [
        ["read_generation", "done", "root", "rill.v1.GenerationService/GetGeneration", "acme", generationId],
        ["cancel_generation", "done", "root", "rill.v1.GenerationService/CancelGeneration", "acme", generationId],
        ["authentication_failed", "refused", undefined, "rill.v1.GenerationService/Generate", undefined, undefined],
        ["permission_denied", "refused", undefined, "rill.v1.GenerationService/Generate", undefined, undefined],
      ],
    );
  });
});
