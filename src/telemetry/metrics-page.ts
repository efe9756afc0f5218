import { collectDefaultMetrics, Counter, Gauge, type Histogram, Registry } from "prom-client";

/** Between two looks at how late the event loop is: each wakes the main thread, beside the computing. */
const LOOP_LOOK_EVERY_MS = 100;

/** One value of a family, told from its siblings by its labels. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** How many values fell in each class, which others have counted. */
interface Distribution {
  /** Upper bounds of the classes, ascending; the last is Infinity. */
  readonly bounds: readonly number[];
  /** One for each class, not summed up. */
  readonly counts: readonly number[];
  readonly sum: number;
}

interface Named {
  /** By the conventions of Prometheus: base units, counters end in `_total`. */
  readonly name: string;
  readonly help: string;
}

interface ScalarFamily extends Named {
  readonly kind: "gauge" | "counter";
}

interface HistogramFamily<Source> extends Named {
  readonly kind: "histogram";
  readonly readDistribution: (source: Source) => Distribution;
}

/** A metric and how it is read from what a scrape looks at: one value, one for each set of labels, or a distribution. */
export type MetricFamily<Source> =
  | HistogramFamily<Source>
  | (ScalarFamily & { readonly read: (source: Source) => number })
  | (ScalarFamily & {
      readonly labelNames: readonly string[];
      readonly readAll: (source: Source) => readonly MetricSample[];
    });

/**
 * The metrics of the process in the text format of Prometheus. Nothing is counted here: every value is read from the source at the scrape, so that all
 * values of one page are of one moment. Adds prom-client's metrics of the process and of Node. Main thread.
 */
export class MetricsPage<Source> {
  readonly #registry = new Registry();
  readonly #fills: readonly ((source: Source) => void)[];

  constructor(families: readonly MetricFamily<Source>[]) {
    this.#fills = families.map((family) => registerFamily(family, this.#registry));
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LOOP_LOOK_EVERY_MS });
  }

  /** The value of the page's Content-Type header. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  async render(source: Source): Promise<string> {
    for (const fill of this.#fills) fill(source);
    return this.#registry.metrics();
  }
}

/** What sets the family's values before each rendering. */
function registerFamily<Source>(family: MetricFamily<Source>, registry: Registry): (source: Source) => void {
  if (family.kind === "histogram") return registerHistogram(family, registry);
  const { name, help, kind } = family;
  const readAll =
    "readAll" in family ? family.readAll : (source: Source) => [{ labels: {}, value: family.read(source) }];
  const labelNames = "readAll" in family ? [...family.labelNames] : [];
  const options = { name, help, labelNames, registers: [registry] };
  if (kind === "gauge") {
    const gauge = new Gauge(options);
    return (source) => {
      gauge.reset();
      for (const { labels, value } of readAll(source)) gauge.set({ ...labels }, value);
    };
  }
  const counter = new Counter(options);
  return (source) => {
    counter.reset();
    for (const { labels, value } of readAll(source)) counter.inc({ ...labels }, value);
  };
}

/** prom-client's own histogram only counts by itself: this one shows what others have counted. */
function registerHistogram<Source>(family: HistogramFamily<Source>, registry: Registry): (source: Source) => void {
  const { name, help } = family;
  let shown: Distribution = { bounds: [], counts: [], sum: 0 };
  const values = (): object[] => {
    let count = 0;
    const buckets = shown.bounds.map((bound, index) => {
      count += shown.counts[index] ?? 0;
      return { metricName: `${name}_bucket`, labels: { le: bound === Infinity ? "+Inf" : bound }, value: count };
    });
    const total = { metricName: `${name}_count`, labels: {}, value: count };
    return [...buckets, { metricName: `${name}_sum`, labels: {}, value: shown.sum }, total];
  };
  const metric = { name, get: () => Promise.resolve({ name, help, type: "histogram", values: values() }) };
  // All that the registry asks of a metric when it renders.
  registry.registerMetric(metric as unknown as Histogram);
  return (source) => (shown = family.readDistribution(source));
}
