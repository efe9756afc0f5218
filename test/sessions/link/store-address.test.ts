import assert from "node:assert/strict";
import { defaultStorePath, formatStoreAddress, parseStoreAddress } from "../../../src/sessions/link/store-address.js";

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

describe("The default store's place", () => {
  const homeDirectory = "/users/me";

  it("follows XDG_DATA_HOME, unless that is relative", () => {
    const onLinux = (XDG_DATA_HOME?: string): string =>
      defaultStorePath({ platform: "linux", environment: { XDG_DATA_HOME }, homeDirectory });
    assert.equal(onLinux("/data"), "/data/rill/sessions.sqlite");
    assert.equal(onLinux("data"), "/users/me/.local/share/rill/sessions.sqlite");
    assert.equal(onLinux(), "/users/me/.local/share/rill/sessions.sqlite");
  });

  it("is where macOS and Windows keep data", () => {
    const environment = { LOCALAPPDATA: "/users/me/Local" };
    assert.equal(
      defaultStorePath({ platform: "darwin", environment, homeDirectory }),
      "/users/me/Library/Application Support/rill/sessions.sqlite",
    );
    assert.equal(
      defaultStorePath({ platform: "win32", environment, homeDirectory }),
      "/users/me/Local/rill/data/sessions.sqlite",
    );
  });
});

describe("The address of a store, as it is printed", () => {
  it("reads back to the same, but for a password, which is left out", () => {
    const urls = ["postgres://u@host:5432/db?sslmode=require", "postgresql://host/db"];
    for (const text of ["memory:", "sqlite:/a b/c.sqlite", ...urls]) {
      const address = parseStoreAddress(text);
      assert.ok(address !== undefined);
      assert.equal(formatStoreAddress(address), text);
    }
    for (const text of ["postgres://u:secret@host/db", "postgres://u@host/db?password=secret"]) {
      const address = parseStoreAddress(text);
      assert.ok(address !== undefined);
      assert.equal(formatStoreAddress(address), "postgres://u@host/db");
    }
  });
});
