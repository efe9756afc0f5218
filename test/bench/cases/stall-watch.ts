import type { RuntimeClient } from "../../support/runtime-client.js";
import type { Plot } from "../bench-case.js";

const INTERVAL_MS = 1_000;
const MIB = 1024 * 1024;

interface Look {
  readonly atSeconds: number;
  readonly decodedTokens: number;
  readonly deliveredTokens: number;
  readonly residentMiB: number;
}

/** Looks once a second at a generation by GetLoad, and at the server's memory. */
export class StallWatch {
  readonly #observer: RuntimeClient;
  readonly #residentBytes: () => number;
  #generationId = "";
  #startedAtMs = 0;
  readonly #looks: Look[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(observer: RuntimeClient, residentBytes: () => number) {
    this.#observer = observer;
    this.#residentBytes = residentBytes;
  }

  start(generationId: string): void {
    this.#generationId = generationId;
    this.#startedAtMs = performance.now();
    this.#timer = setInterval(() => {
      this.#looking = this.#look();
    }, INTERVAL_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async decodedTokens(): Promise<number> {
    return (await this.#tokens()).decodedTokens;
  }

  plots(): Plot[] {
    const points = (figure: (look: Look) => number): (readonly [number, number])[] =>
      this.#looks.map((look) => [look.atSeconds, figure(look)]);
    return [
      {
        title: "The stalled reader's tokens",
        xLabel: "seconds",
        yLabel: "tokens",
        marks: "steps",
        series: [
          { name: "decoded", points: points(({ decodedTokens }) => decodedTokens) },
          { name: "taken by the reader's window", points: points(({ deliveredTokens }) => deliveredTokens) },
          { name: "credit spent", points: points((look) => look.decodedTokens - look.deliveredTokens) },
        ],
      },
      {
        title: "The server's resident memory meanwhile",
        xLabel: "seconds",
        yLabel: "MiB",
        marks: "lines",
        series: [{ name: "Rill", points: points(({ residentMiB }) => residentMiB) }],
      },
    ];
  }

  async #look(): Promise<void> {
    const atSeconds = (performance.now() - this.#startedAtMs) / 1_000;
    const residentMiB = this.#residentBytes() / MIB;
    this.#looks.push({ atSeconds, residentMiB, ...(await this.#tokens()) });
  }

  /** 0 while there is no such generation. */
  async #tokens(): Promise<{ decodedTokens: number; deliveredTokens: number }> {
    const { generations } = await this.#observer.load();
    const found = generations.find(({ generation_id }) => generation_id === this.#generationId);
    return { decodedTokens: found?.decoded_tokens ?? 0, deliveredTokens: found?.delivered_tokens ?? 0 };
  }
}
