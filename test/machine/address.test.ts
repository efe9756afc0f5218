import assert from "node:assert/strict";
import {
  formatAddress,
  isLoopback,
  MAX_SOCKET_PATH_BYTES,
  parseAddress,
  parseOrigin,
  parseSocketAddress,
} from "../../src/machine/address.js";

const loopbackOf = (text: string): boolean => {
  const address = parseAddress(text);
  assert.ok(address, text);
  return isLoopback(address);
};

describe("address", () => {
  it("reads a host and a port, and writes them back", () => {
    for (const text of ["127.0.0.1:50051", "localhost:0", "[::1]:50051", "0.0.0.0:65535", "node-7.cluster.local:80"]) {
      const address = parseAddress(text);
      assert.ok(address, text);
      assert.equal(formatAddress(address), text);
    }
  });

  it("reads nothing without a port, with one out of range, or with a host that is none", () => {
    for (const text of [
      "",
      "50051",
      ":50051",
      "localhost",
      "localhost:",
      "localhost:65536",
      "localhost:-1",
      "::1:50051",
    ]) {
      assert.equal(parseAddress(text), undefined, text);
    }
    for (const text of [
      "[::1]",
      "[::g]:1",
      "[]:1",
      "300.1.1.1:80",
      "1.2.3:80",
      "a b:80",
      "http://x:80",
      "x:80 ",
      "x:8e1",
    ]) {
      assert.equal(parseAddress(text), undefined, text);
    }
  });

  it("knows what only this machine can reach", () => {
    for (const text of ["localhost:1", "127.0.0.1:1", "127.9.8.7:1", "[::1]:1", "[0:0:0:0:0:0:0:1]:1"]) {
      assert.equal(loopbackOf(text), true, text);
    }
    for (const text of ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "128.0.0.1:1", "localhost.example:1", "[::2]:1"]) {
      assert.equal(loopbackOf(text), false, text);
    }
  });

  const socketOf = (text: string): string | undefined => parseSocketAddress(text)?.socketPath;

  it("reads a Unix socket by an absolute or a relative path, as gRPC writes it", function () {
    if (process.platform === "win32") return this.skip();
    assert.equal(socketOf("unix:/run/rill.sock"), "/run/rill.sock");
    assert.equal(socketOf("unix:///run/rill.sock"), "/run/rill.sock");
    assert.equal(socketOf("unix:rill.sock"), "rill.sock");
    assert.equal(socketOf("unix:./a b/é.sock"), "./a b/é.sock");
  });

  it("reads no Unix socket from a text with a host, without a file, or with what no path has", () => {
    for (const text of [
      "unix:",
      "unix://",
      "unix:///",
      "unix://host/run/rill.sock",
      "unix:/run/",
      "unix:a\0b",
      "/run/x",
    ]) {
      assert.equal(socketOf(text), undefined, text);
    }
  });

  it("reads a path as long as a socket's may be in bytes, and none that is longer", function () {
    if (process.platform === "win32") return this.skip();
    const room = MAX_SOCKET_PATH_BYTES;
    assert.equal(socketOf(`unix:/${"x".repeat(room - 1)}`)?.length, room);
    assert.equal(socketOf(`unix:/${"x".repeat(room)}`), undefined);
    assert.equal(socketOf(`unix:/${"é".repeat(room / 2)}x`), undefined);
  });
});

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
