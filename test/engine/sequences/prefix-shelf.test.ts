import assert from "node:assert/strict";
import { type CacheKey, reusableTokens, sharedTokens } from "../../../src/engine/sequences/prefix-shelf.js";

const keyOf = (text: string, scope: string | undefined = ""): CacheKey => ({ scope, tokens: Buffer.from(text) });

describe("cache keys", () => {
  it("share their beginning up to the first token that differs", () => {
    assert.equal(sharedTokens(keyOf("abcx"), keyOf("abcd")), 3);
    assert.equal(sharedTokens(keyOf("xbcd"), keyOf("abcd")), 0);
  });

  it("share no more than the shorter of them has", () => {
    assert.equal(sharedTokens(keyOf("ab"), keyOf("abcd")), 2);
    assert.equal(sharedTokens(keyOf("abcd"), keyOf("ab")), 2);
    assert.equal(sharedTokens(keyOf(""), keyOf("ab")), 0);
  });

  it("share nothing across scopes, and nothing without a scope", () => {
    assert.equal(sharedTokens(keyOf("abcd", "one"), keyOf("abcd", "one")), 4);
    assert.equal(sharedTokens(keyOf("abcd", "one"), keyOf("abcd", "two")), 0);
    const alone: CacheKey = { ...keyOf("abcd"), scope: undefined };
    assert.equal(sharedTokens(alone, alone), 0);
  });

  it("spare a prompt all but its last token", () => {
    assert.equal(reusableTokens(keyOf("abcd"), keyOf("abc")), 2);
    assert.equal(reusableTokens(keyOf("ab"), keyOf("abc")), 2);
  });
});
