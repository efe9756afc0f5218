/** The committed reports by name, each with the files and folders whose change makes it stale. */
export const COVERED_FILES: Readonly<Record<string, readonly string[]>> = {
  admission: ["src/scheduler"],
  attacks: ["src/grpc", "src/admin", "src/sync/memory-tidy.ts", "src/sync/clock.ts"],
  "back-pressure": ["src/generation", "src/grpc/call", "src/scheduler/generation", "src/engine/run", "src/engine/loop"],
  "cancel-waves-node-20": ["src/grpc"],
  "cancel-waves-node-22": ["src/grpc"],
  "cancel-waves-node-24": ["src/grpc"],
  cancels: ["src/generation", "src/grpc/call", "src/scheduler", "src/engine"],
  constraints: ["src/prepare/grammar", "src/prepare/template", "src/engine/llama", "src/engine/run"],
  grammars: ["src/prepare/grammar", "src/engine/llama"],
  "huge-prompts": ["src/prepare", "src/engine/loop"],
  lanes: ["src/scheduler"],
  preemptions: ["src/scheduler", "src/engine/run", "src/engine/sequences", "src/engine/loop"],
  "read-ahead": ["src/generation", "src/grpc/call", "src/core/limits.ts"],
  schemas: ["src/prepare/grammar", "src/prepare/template", "src/engine/llama", "src/engine/run", "src/engine/output"],
  tenants: [
    "src/engine/sequences",
    "src/engine/loop",
    "src/prepare/grammar/compiled-grammars.ts",
    "src/generation/call",
  ],
  "tenants-real": ["src/engine/sequences", "src/engine/loop", "src/generation/call"],
  "tenants-fair": ["src/scheduler"],
  sessions: ["src/sessions", "src/generation"],
};

/** @throws Error where a proof publishes a report that the table does not know */
export function coveredFiles(report: string): readonly string[] {
  const covered = COVERED_FILES[report];
  if (covered === undefined)
    throw new Error(`test/proof/covered-files.ts does not say what the report ${report} covers`);
  return covered;
}
