import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** `.ci/tools protoc` installs both programs. */
describe("A stock protoc compiles the whole folder of protos", () => {
  let folder: string;
  let protos: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rill-protoc-"));
    const names = await readdir("proto", { recursive: true });
    protos = names.filter((name) => name.endsWith(".proto"));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** Skips where one of the programs is not on the PATH. */
  function itCompiles(title: string, options: { programs: readonly string[]; out: string; files: string[] }): void {
    it(title, async function () {
      for (const program of options.programs) {
        try {
          await run(program, ["--version"]);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
          console.log(`    skipped: no ${program} on the PATH`);
          this.skip();
        }
      }
      const out = join(folder, options.out);
      await mkdir(out);
      const flags = options.out === "csharp" ? ["--csharp_opt=base_namespace="] : [];
      await run("protoc", ["--proto_path=proto", `--${options.out}_out=${out}`, ...flags, ...protos]);
      for (const file of options.files) await access(join(out, file));
    });
  }

  itCompiles("to Java, with one class in one file", {
    programs: ["protoc"],
    out: "java",
    files: ["rillserver/rill/v1/Stopping.java", "rillserver/rill/v1/StoppingProto.java", "com/google/rpc/Status.java"],
  });

  itCompiles("to C#, in namespaces", {
    programs: ["protoc"],
    out: "csharp",
    files: ["Rill/V1/Stopping.cs", "Grpc/Health/V1/Health.cs"],
  });

  itCompiles("to Go, in packages that have a path", {
    programs: ["protoc", "protoc-gen-go"],
    out: "go",
    files: ["rillserver/rill/v1/stopping.pb.go"],
  });

  it("has protos to compile", () => {
    assert.ok(protos.length > 30);
  });
});
