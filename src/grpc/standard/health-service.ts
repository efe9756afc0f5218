import { status as Status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as ServingStatus,
  type HealthListRequest,
  type HealthListResponse,
  HealthService as SERVICE,
} from "../../../generated/grpc/health/v1/health.js";
import type { LifecycleState } from "../../scheduler/lifecycle-state.js";
import { onAbort } from "../../sync/abort.js";
import { Wakeup } from "../../sync/deferred.js";
import type { CallContext, CallHost } from "../call/call-context.js";
import { WatcherLimit } from "../call/call-limits.js";
import { streamMethod, unaryMethod, WITHOUT_TEXT } from "../call/service-methods.js";
import { type DecodedRequest, readableMessage } from "../contract/service-definition.js";
import { ProtocolStatus } from "../status/error-status.js";
import { wellFormedText } from "../../core/well-formed-text.js";

const MAX_NAME_TEXT_BYTES = 128;

/** Health is open to everyone, because the probes of orchestrators and load balancers have no credentials. */
export const HEALTH_ACCESS = { check: "open", watch: "open", list: "open" } as const;

/**
 * Implements grpc.health.v1.Health for the process ("") and for each of its services. It follows the lifecycle alone, so overload never affects it.
 * It ignores unknown fields, as the protocol demands.
 */
export function createHealthService(
  host: CallHost,
  lifecycle: LifecycleState,
  serviceNames: readonly string[],
): UntypedServiceImplementation {
  const names = new Set(["", ...serviceNames]);
  const watchers = new WatcherLimit(host.limits.healthWatchers, "health watchers");

  const statusOf = (service: string): ServingStatus => {
    if (!names.has(service)) return ServingStatus.SERVICE_UNKNOWN;
    return lifecycle.current === "serving" ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  };

  const check = (request: DecodedRequest<HealthCheckRequest>): HealthCheckResponse => {
    const { service } = readableMessage(request);
    if (names.has(service)) return { status: statusOf(service) };
    throw new ProtocolStatus(
      Status.NOT_FOUND,
      `no service ${wellFormedText(service, MAX_NAME_TEXT_BYTES)} is served here`,
    );
  };

  /** Sends the status now and at each change. A reader that is behind gets the latest one. */
  async function* watch(
    request: DecodedRequest<HealthCheckRequest>,
    { caller, signal }: CallContext,
  ): AsyncGenerator<HealthCheckResponse> {
    const { service } = readableMessage(request);
    using _watcher = watchers.take(caller.tenant);
    const changed = new Wakeup();
    using _change = lifecycle.onChange(() => changed.notify());
    using _abort = onAbort(signal, () => changed.notify());
    let told: ServingStatus | undefined;
    for (;;) {
      const status = statusOf(service);
      if (status === told) await changed.wait();
      else yield { status };
      told = status;
      signal.throwIfAborted();
    }
  }

  const list = (request: DecodedRequest<HealthListRequest>): HealthListResponse => {
    readableMessage(request);
    return { statuses: new Map([...names].map((name) => [name, { status: statusOf(name) }])) };
  };

  return {
    check: unaryMethod(host, { method: "Check", handle: check, encode: SERVICE.check.responseSerialize }),
    watch: streamMethod(host, { method: "Watch", kind: "watch", handle: watch, ...WITHOUT_TEXT }),
    list: unaryMethod(host, { method: "List", handle: list, encode: SERVICE.list.responseSerialize }),
  };
}
