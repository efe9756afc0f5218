import assert from "node:assert/strict";
import { parseOrigin } from "../../src/settings/origin.js";

describe("The address of a hub", () => {
  it("is an origin, with or without the slash at its end", () => {
    assert.equal(parseOrigin("https://hub.example"), "https://hub.example");
    assert.equal(parseOrigin("http://127.0.0.1:8080/"), "http://127.0.0.1:8080");
  });

  it("is nothing else", () => {
    for (const text of ["", "hub.example", "ftp://hub.example", "https://hub.example/path", "https://hub.example?a"]) {
      assert.equal(parseOrigin(text), undefined, text);
    }
  });
});
