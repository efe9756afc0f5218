import { execFile, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import ts from "typescript";
import type { MutationPatch } from "./mutation-patch.js";
import type { TestOutcome } from "./verdict.js";

/** The longest one test file may run, the mutated product hanging included. */
const TEST_LIMIT_MS = 180_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** What a command answered: its exit status (null when it was killed) and all it printed. */
interface CommandResult {
  readonly status: number | null;
  readonly output: string;
}

/** A copy of the repository in a temporary folder, where defects do no harm; node_modules is shared by a link. */
export class Sandbox implements Disposable {
  private readonly folder: string;
  private readonly options: ts.CompilerOptions;

  private constructor(folder: string, options: ts.CompilerOptions) {
    this.folder = folder;
    this.options = options;
  }

  /** Copies what git tracks or would track from `root`, and what was compiled of it. */
  static create(root: string): Sandbox {
    const sandbox = new Sandbox(mkdtempSync(path.join(tmpdir(), "rill-mutations-")), compilerOptions(root));
    try {
      sandbox.fill(root);
      return sandbox;
    } catch (error) {
      sandbox[Symbol.dispose]();
      throw error;
    }
  }

  /** Puts the defect into the source and into what was compiled of it. */
  apply(patch: MutationPatch): CommandResult {
    const applied = git(this.folder, ["apply", patch.file]);
    if (applied.status === 0) this.compile(patch.changed);
    return applied;
  }

  /** @throws Error when the patch cannot be taken back: nothing after it could be trusted. */
  revert(patch: MutationPatch): void {
    const { status, output } = git(this.folder, ["apply", "--reverse", patch.file]);
    if (status !== 0) throw new Error(`${patch.name} cannot be taken back:\n${output}`);
    this.compile(patch.changed);
  }

  /** Runs the patch's test up to its first failure, or until the time limit. */
  async test(patch: MutationPatch): Promise<TestOutcome> {
    const report = path.join(this.folder, "mocha-report.json");
    rmSync(report, { force: true });
    const { status, output } = await runNode(this.folder, [
      ...["--enable-source-maps", "node_modules/mocha/bin/mocha.js", "--no-config", "--timeout", "20000"],
      ...["--exit", "--bail", "--reporter", "json", "--reporter-option", `output=${report}`],
      ...(patch.grep === undefined ? [] : ["--fgrep", patch.grep]),
      patch.spec,
    ]);
    if (status === null) return { kind: "hung" };
    if (!existsSync(report)) return { kind: "broken", output };
    const { stats, failures } = JSON.parse(readFileSync(report, "utf8")) as MochaReport;
    return { kind: "ran", passes: stats.passes, failedTitles: failures.map((failure) => failure.fullTitle) };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** File by file and without a look at the types, which is all that running them takes and a tenth of the time. */
  private compile(files: readonly string[]): void {
    for (const file of files) {
      const fileName = path.join(this.folder, file);
      // No package.json is looked at here: what a file is compiled to is told by its ending.
      const module = file.endsWith(".cts") ? ts.ModuleKind.CommonJS : ts.ModuleKind.ESNext;
      const { outputText } = ts.transpileModule(readFileSync(fileName, "utf8"), {
        fileName,
        compilerOptions: { ...this.options, module, sourceMap: false, inlineSourceMap: true },
      });
      writeFileSync(path.join(this.folder, "dist", file.replace(/ts$/, "js")), outputText);
    }
  }

  private fill(root: string): void {
    const { output } = git(root, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    for (const file of output.split("\0")) {
      const source = path.join(root, file);
      if (file !== "" && existsSync(source)) cpSync(source, path.join(this.folder, file));
    }
    cpSync(path.join(root, "dist"), path.join(this.folder, "dist"), { recursive: true });
    symlinkSync(path.join(root, "node_modules"), path.join(this.folder, "node_modules"), "dir");
  }
}

function compilerOptions(root: string): ts.CompilerOptions {
  const file = path.join(root, "tsconfig.json");
  return ts.parseJsonConfigFileContent(ts.readConfigFile(file, (name) => ts.sys.readFile(name)).config, ts.sys, root)
    .options;
}

/** The part of mocha's JSON report that is read. */
interface MochaReport {
  readonly stats: { readonly passes: number };
  readonly failures: readonly { readonly fullTitle: string }[];
}

function git(cwd: string, args: readonly string[]): CommandResult {
  const { status, stdout, stderr, error } = spawnSync("git", args, {
    cwd,
    encoding: "utf8",
    env: environmentOf(cwd),
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (error !== undefined) throw error;
  return { status, output: `${stdout}${stderr}` };
}

/** Runs a program of Node's, which is killed at the time limit. */
function runNode(cwd: string, args: readonly string[]): Promise<CommandResult> {
  return new Promise((resolve) => {
    const limits = { killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT_BYTES, timeout: TEST_LIMIT_MS } as const;
    const child = execFile(
      process.execPath,
      args,
      { cwd, env: environmentOf(cwd), ...limits },
      (_error, stdout, stderr) => {
        resolve({ status: child.exitCode, output: `${stdout}${stderr}` });
      },
    );
  });
}

/** Without the settings of an enclosing test run, and with no other repository than the copy. */
function environmentOf(cwd: string): NodeJS.ProcessEnv {
  return { ...process.env, RILL_TEST_RESULTS: undefined, GIT_CEILING_DIRECTORIES: path.dirname(cwd) };
}
