import { collectDefaultMetrics, Counter, Gauge, type Histogram, Registry } from "prom-client";

/** The interval between two measurements of the event loop's delay. Each one wakes the main thread, beside the threads that decode. */
const LOOP_DELAY_INTERVAL_MS = 100;

/** One value of a metric. Its labels tell it from the metric's other values. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A histogram that other code has counted: the number of values in each class. */
interface Distribution {
  /** The upper bounds of the classes, ascending. The last is Infinity. */
  readonly bounds: readonly number[];
  /** One count for each class, not cumulative. */
  readonly counts: readonly number[];
  readonly sum: number;
}

interface Named {
  /** Follows Prometheus's conventions: base units, and counters end in `_total`. */
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

/** A metric, and the way to read it from the source of a scrape: one value, one value for each set of labels, or a distribution. */
export type MetricFamily<Source> =
  | HistogramFamily<Source>
  | (ScalarFamily & { readonly read: (source: Source) => number })
  | (ScalarFamily & {
      readonly labelNames: readonly string[];
      readonly readAll: (source: Source) => readonly MetricSample[];
    });

/**
 * The metrics of the process in the text format of Prometheus. The page counts nothing itself: it reads every value from the source at the scrape, so
 * all values of one page are of one moment. It adds prom-client's metrics of the process and of Node. Main thread.
 */
export class MetricsPage<Source> {
  readonly #registry = new Registry();
  readonly #fills: readonly ((source: Source) => void)[];

  constructor(families: readonly MetricFamily<Source>[]) {
    this.#fills = families.map((family) => registerFamily(family, this.#registry));
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LOOP_DELAY_INTERVAL_MS });
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

/** Registers a metric and returns the function that sets its values before each rendering. */
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

/** Registers a histogram that shows counts made elsewhere. prom-client's own histogram can only count by itself. */
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
  // The registry uses no other member of a metric when it renders.
  registry.registerMetric(metric as unknown as Histogram);
  return (source) => (shown = family.readDistribution(source));
}
