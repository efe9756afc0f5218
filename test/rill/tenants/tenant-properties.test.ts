import assert from "node:assert/strict";
import type { PackageDefinition } from "@grpc/proto-loader";
import fc from "fast-check";
import { loadContract } from "../../support/load-contract.js";
import { identifyByWords } from "../../support/test-tenants.js";
import { TestServer, type TestServerOptions } from "../../support/test-server.js";
import { createStepsOfOne } from "./calls-of-one.js";
import { ACTIONS } from "./calls-of-two.js";
import { TenantCalls, unknownIds } from "./tenant-calls.js";

/** So many sequences that no tenant ever takes one that the other used in the same trial, and prompts that take longer to prefill than to load. */
const SERVER: TestServerOptions = {
  identify: identifyByWords,
  engine: { sequences: 48, stepMs: 1, prefillTokensPerStep: 16, echoedTokens: 8 },
};

/** An action of the second tenant before a step of the first. `waits`: the step comes after the action's end. */
interface Interference {
  readonly step: number;
  readonly action: string;
  readonly waits: boolean;
}

const STEPS = createStepsOfOne().length;
const names = Object.keys(ACTIONS);

const interferences = fc.array(
  fc.record({ step: fc.nat({ max: STEPS - 1 }), action: fc.constantFrom(...names), waits: fc.boolean() }),
  { maxLength: 20 },
);

/** Everything before the first step, one after the other; and everything at once, before each of some steps. */
const EVERYTHING: Interference[] = names.map((action) => ({ step: 0, action, waits: true }));
const EVERYWHERE: Interference[] = [5, 13, 26].flatMap((step) =>
  names.slice(0, 9).map((action) => ({ step, action, waits: false })),
);

describe("No answer to a tenant", () => {
  let contract: PackageDefinition;
  let alone: readonly object[];
  let server: TestServer;
  let trials = 0;

  /** Carries out the first tenant's calls, and the second's between them. @returns the answers to the first */
  const play = async (address: string, planned: readonly Interference[]): Promise<readonly object[]> => {
    trials++;
    using one = new TenantCalls(address, contract, `one-${trials}`);
    using two = new TenantCalls(address, contract, `two-${trials}`);
    const others: Promise<unknown>[] = [];
    const answers: object[] = [];
    for (const [index, step] of createStepsOfOne().entries()) {
      for (const { action, waits } of planned.filter((each) => each.step === index)) {
        const acting = ACTIONS[action]?.(two, one.ids);
        if (waits) await acting;
        else others.push(acting ?? Promise.resolve());
      }
      answers.push(await step(one, planned.length === 0 ? unknownIds() : two.ids));
    }
    await Promise.all(others);
    if (planned.length === 0) assertComplete(one.methods, contract);
    return answers;
  };

  before(async () => {
    contract = loadContract();
    await using own = await TestServer.start(SERVER);
    alone = await play(own.address, []);
    server = await TestServer.start(SERVER);
  });

  after(() => server[Symbol.asyncDispose]());

  it("depends on anything that another tenant does, in any method", async function () {
    this.timeout(300_000);
    const property = fc.asyncProperty(interferences, async (planned) => {
      for (const [index, answer] of (await play(server.address, planned)).entries()) {
        assert.deepEqual(answer, alone[index], `step ${index}`);
      }
    });
    await fc.assert(property, { numRuns: 12, examples: [[EVERYTHING], [EVERYWHERE]] });
  });
});

/** Every method of rill.v1 was called. */
function assertComplete(called: ReadonlySet<string>, contract: PackageDefinition): void {
  const methods = Object.entries(contract).flatMap(([service, definition]) =>
    service.startsWith("rill.v1.") && service.endsWith("Service") && !("format" in definition)
      ? Object.keys(definition).map((method) => `${service.slice("rill.v1.".length)}/${method}`)
      : [],
  );
  assert.ok(methods.length > 15);
  assert.deepEqual(
    methods.filter((method) => !called.has(method)),
    [],
  );
}
