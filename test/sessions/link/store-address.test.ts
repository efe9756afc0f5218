import assert from "node:assert/strict";
import { parseStoreAddress } from "../../../src/sessions/link/store-address.js";

describe("The address of a store", () => {
  it("is a file's path, a PostgreSQL server's URL, or memory", () => {
    assert.deepEqual(parseStoreAddress("sqlite:/var/lib/a b.sqlite"), { type: "sqlite", path: "/var/lib/a b.sqlite" });
    assert.deepEqual(parseStoreAddress("sqlite:a.db"), { type: "sqlite", path: "a.db" });
    assert.deepEqual(parseStoreAddress("memory:"), { type: "memory" });
    for (const url of ["postgres://u:p@host:5432/db?sslmode=require", "postgresql://host/db"]) {
      assert.deepEqual(parseStoreAddress(url), { type: "postgres", url });
    }
  });

  it("is nothing else", () => {
    for (const text of [
      "",
      "sqlite",
      "sqlite:",
      "sqlite::memory:",
      "memory",
      "memory:x",
      "mysql://h/d",
      "postgres:h",
      "postgres://:bad:/",
      "/a.db",
    ]) {
      assert.equal(parseStoreAddress(text), undefined, text);
    }
  });
});
