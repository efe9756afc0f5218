import { STORE_METHODS, STORE_OUTCOMES, STORE_TIME_BOUNDS_MS } from "../sessions/link/store-tally.js";
import type { ServerMetric } from "./server-view.js";

/** The metrics of the session store. */
export const STORE_METRICS: readonly ServerMetric[] = [
  {
    kind: "gauge",
    name: "rill_store_calls_under_way",
    help: "Calls of the session store in progress.",
    read: ({ store }) => store.underWay,
  },
  {
    kind: "counter",
    name: "rill_store_calls_total",
    help: "Calls of the session store, by operation and by whether they were done, refused or not served.",
    labelNames: ["operation", "outcome"],
    readAll: ({ store }) =>
      STORE_METHODS.flatMap((operation) =>
        STORE_OUTCOMES.map((outcome) => ({ labels: { operation, outcome }, value: store.calls[operation][outcome] })),
      ),
  },
  {
    kind: "histogram",
    name: "rill_store_call_seconds",
    help: "Duration of session store calls, not counting sweeps.",
    readDistribution: ({ store }) => ({
      bounds: STORE_TIME_BOUNDS_MS.map((ms) => ms / 1_000),
      counts: store.times,
      sum: store.timeSumMs / 1_000,
    }),
  },
];
