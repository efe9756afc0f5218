import { STORE_METHODS, STORE_OUTCOMES, STORE_TIME_BOUNDS_MS } from "../sessions/link/store-tally.js";
import type { ServerMetric } from "./server-view.js";

/** What is asked of the store of sessions. */
export const STORE_METRICS: readonly ServerMetric[] = [
  {
    kind: "gauge",
    name: "rill_store_calls_under_way",
    help: "Calls of the session store that have no answer yet.",
    read: ({ store }) => store.underWay,
  },
  {
    kind: "counter",
    name: "rill_store_calls_total",
    help: "Calls of the session store: done, refused for what they asked, or not served.",
    labelNames: ["operation", "outcome"],
    readAll: ({ store }) =>
      STORE_METHODS.flatMap((operation) =>
        STORE_OUTCOMES.map((outcome) => ({ labels: { operation, outcome }, value: store.calls[operation][outcome] })),
      ),
  },
  {
    kind: "histogram",
    name: "rill_store_call_seconds",
    help: "Time to the session store's answer, sweeps left out.",
    readDistribution: ({ store }) => ({
      bounds: STORE_TIME_BOUNDS_MS.map((ms) => ms / 1_000),
      counts: store.times,
      sum: store.timeSumMs / 1_000,
    }),
  },
];
