/** What every case is given. */
export interface BenchSetup {
  readonly modelPath: string;
  /** Threads that compute, the same on both sides. */
  readonly threads: number;
  /** How often the two sides are measured, one after the other. */
  readonly rounds: number;
  /** A look whether the case works at all: little work, figures that mean nothing. */
  readonly short: boolean;
  /** llama-server's binary; undefined: there is none, and what needs it is left out. */
  readonly peerPath: string | undefined;
  /** Says what the case is at, for whoever waits. */
  readonly announce: (what: string) => void;
}

/** One comparison, or one aim of its own. */
export interface BenchCase {
  /** What `--cases` calls it. */
  readonly name: string;
  readonly title: string;
  /** What it compares with is llama-server: without one it is left out. */
  readonly needsPeer?: true;
  run(setup: BenchSetup): Promise<CaseReport>;
}

interface CaseReport {
  readonly rows: readonly BenchRow[];
  readonly plots: readonly Plot[];
}

/** One figure: Rill's, and where there is one the peer's, each the median of its rounds. */
export interface BenchRow {
  readonly what: string;
  readonly unit: string;
  readonly rill: number;
  readonly peer?: number | undefined;
  /** The median of the rounds' ratios, Rill : peer. */
  readonly ratio?: number | undefined;
  /** What it is held to: the ratio where there is a peer, else Rill's figure. */
  readonly aim?: Aim | undefined;
  /** Of each round. */
  readonly rounds: readonly { readonly rill: number; readonly peer?: number | undefined }[];
}

export interface Aim {
  /** Default: the ratio where there is one, else Rill's figure. */
  readonly about?: "figure";
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Lines through points, or points alone; x and y in the units that the labels name. */
export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly marks: "lines" | "points" | "steps";
  readonly series: readonly PlotSeries[];
}

export interface PlotSeries {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}
