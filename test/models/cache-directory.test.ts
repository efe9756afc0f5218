import assert from "node:assert/strict";

import { cachedPathOf, modelCacheDirectory } from "../../src/models/cache-directory.js";

describe("the model cache's place", () => {
  const homeDirectory = "/users/me";

  it("follows XDG_CACHE_HOME, unless that is relative", () => {
    const onLinux = (XDG_CACHE_HOME?: string): string =>
      modelCacheDirectory({ platform: "linux", environment: { XDG_CACHE_HOME }, homeDirectory });
    assert.equal(onLinux("/fast"), "/fast/rill/models");
    assert.equal(onLinux("fast"), "/users/me/.cache/rill/models");
    assert.equal(onLinux(), "/users/me/.cache/rill/models");
  });

  it("is where macOS and Windows keep caches", () => {
    const environment = { LOCALAPPDATA: "/users/me/Local" };
    assert.equal(
      modelCacheDirectory({ platform: "darwin", environment, homeDirectory }),
      "/users/me/Library/Caches/rill/models",
    );
    assert.equal(
      modelCacheDirectory({ platform: "win32", environment, homeDirectory }),
      "/users/me/Local/rill/cache/models",
    );
  });

  it("keeps revisions of a file apart", () => {
    const location = { owner: "a", repo: "b", file: "sub/c.gguf", revision: "refs/pr/1" };
    assert.equal(cachedPathOf("/cache", location), "/cache/a/b@refs+pr+1/sub/c.gguf");
    assert.equal(cachedPathOf("/cache", { ...location, revision: "main" }), "/cache/a/b@main/sub/c.gguf");
  });
});
