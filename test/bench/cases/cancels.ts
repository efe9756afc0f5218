import { type Leaving, openAndLeave, type Stage } from "../../proof/leaving-caller.js";
import { percentile } from "../../support/percentile.js";
import { Random } from "../../support/random.js";
import type { LogLine } from "../../support/server-child.js";
import { ServerProcess } from "../../support/server-process.js";
import type { BenchCase, BenchRow, Plot } from "../bench-case.js";
import { toRow } from "../bench-row.js";
import { ClientProcess } from "../client/client-process.js";
import { timePerTokenMs } from "../client/observed.js";
import { distribution } from "../distribution.js";
import { median } from "../median.js";
import { rillFlags } from "../side.js";
import { story } from "../story.js";

const SIZE = { slots: 8, contextTokens: 1_024 };
const STAGES: readonly Stage[] = ["prefilling", "running"];
/** For which the callers' plans were made. */
const FAST_STEP_MS = 20;
const SEED = 1;
const STAGE_LIMIT_MS = 5 * 60_000;

interface Release {
  /** From the abort until nothing was held any more. */
  readonly releaseMs: number;
  /** Of the engine's step that was under way. */
  readonly stepMs: number;
}

/** Callers that leave at random moments, by cancel, disconnect or deadline; when their slots were free the server's log tells. */
export const cancels: BenchCase = {
  name: "cancels",
  title: "From a caller's leaving to the free slot",
  async run(setup) {
    const releases = new Map(STAGES.map((stage) => [stage, [] as Release[]]));
    const onLog = ({ endedIn, releaseMs, stepMs }: LogLine): void => {
      if (typeof releaseMs !== "number" || typeof stepMs !== "number") return;
      releases.get(endedIn as Stage)?.push({ releaseMs, stepMs });
    };
    await using client = new ClientProcess();
    await using server = await ServerProcess.start({ flags: rillFlags({ setup, ...SIZE }), onLog });
    const leaving = { random: new Random(SEED), pace: await measurePace(client, server.address) };
    const wanted = setup.short ? 8 : 200;
    for (const stage of STAGES) {
      setup.announce(`callers leave while ${stage}`);
      const enough = (): boolean => (releases.get(stage)?.length ?? 0) >= wanted;
      await leaveOften({ address: server.address, stage, leaving, enough });
    }
    const seen = [...releases];
    return { rows: seen.flatMap(([stage, met]) => stageRows(stage, met)), plots: [overPlot(seen)] };
  },
};

/** How many times longer than 20 ms a step takes with all slots busy; at least 1. */
async function measurePace(client: ClientProcess, address: string): Promise<number> {
  const calls = Array.from({ length: SIZE.slots }, (_, n) => ({ prompt: story(n + 1, 16), outputTokens: 16 }));
  const observations = await client.play({ target: { kind: "rill", address }, calls });
  return Math.max(1, median(observations.map(timePerTokenMs)) / FAST_STEP_MS);
}

interface Leavers {
  readonly address: string;
  readonly stage: Stage;
  readonly leaving: Leaving;
  readonly enough: () => boolean;
}

async function leaveOften({ address, stage, leaving, enough }: Leavers): Promise<void> {
  const startedAtMs = performance.now();
  const leave = async (): Promise<void> => {
    while (!enough()) {
      await openAndLeave(address, stage, leaving);
      if (performance.now() - startedAtMs > STAGE_LIMIT_MS) throw new Error(`too few callers were met while ${stage}`);
    }
  };
  await Promise.all(Array.from({ length: SIZE.slots }, leave));
}

function stageRows(stage: Stage, met: readonly Release[]): BenchRow[] {
  const over = met.map(({ releaseMs, stepMs }) => releaseMs - stepMs);
  const whole = met.map(({ releaseMs }) => releaseMs);
  const row = (what: string, figure: number): BenchRow =>
    toRow({ what: `${what}, ${stage}`, unit: "ms" }, [{ rill: figure }]);
  return [
    toRow({ what: `abort to free slot beyond the step under way, p99, ${stage}`, unit: "ms", aim: { atMost: 2 } }, [
      { rill: percentile(over, 0.99) },
    ]),
    row("abort to free slot, the step included, p50", percentile(whole, 0.5)),
    row("abort to free slot, the step included, p99", percentile(whole, 0.99)),
  ];
}

function overPlot(releases: readonly (readonly [Stage, readonly Release[]])[]): Plot {
  return {
    title: "From the abort to the free slot, the step under way included",
    xLabel: "ms",
    yLabel: "% of the callers at most so long",
    marks: "steps",
    series: releases.map(([stage, met]) =>
      distribution(
        stage,
        met.map(({ releaseMs }) => releaseMs),
      ),
    ),
  };
}
