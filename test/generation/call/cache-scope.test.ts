import assert from "node:assert/strict";
import type { Caller } from "../../../src/core/calls.js";
import { cacheScopeOf } from "../../../src/generation/call/cache-scope.js";

function privateScope(caller: Partial<Caller>, sharedPrefixes: "tenant" | "all" = "tenant"): string | undefined {
  const input = { type: "prompt", text: "a", parseControlTokens: false } as const;
  const known: Caller = { tenant: "acme", subject: "alice", permissions: new Set(), ...caller };
  return cacheScopeOf({ cache: "private", input }, { caller: known, sharedPrefixes });
}

describe("The private cache scope of a call", () => {
  it("is the same for the calls of one subject, and another for each other subject", () => {
    assert.equal(privateScope({}), privateScope({}, "all"));
    assert.notEqual(privateScope({}), privateScope({ subject: "bob" }));
  });

  it("is no scope for a caller of a tenant without a subject, and one for all callers of a server without tenants", () => {
    assert.equal(privateScope({ subject: "" }), undefined);
    assert.notEqual(privateScope({ tenant: "", subject: "" }), undefined);
  });

  it("tells the subject of a token from the same name of a key", () => {
    assert.notEqual(privateScope({ credentials: "token" }), privateScope({}));
  });
});
