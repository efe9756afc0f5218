import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import {
  type GetLoadRequest,
  type GetServerInfoRequest,
  type GetServerInfoResponse,
  ServerServiceService as SERVICE,
  type WatchLoadRequest,
  type WatchLoadResponse,
} from "../../../generated/rill/v1/server_service.js";
import type { Load } from "../../../generated/rill/v1/load.js";
import type { Caller } from "../../core/calls.js";
import { Violations } from "../../core/generation-error.js";
import type { LoadSnapshot } from "../../core/load-snapshot.js";
import { type BackendSource, requireBackend } from "../../generation/call/backend.js";
import type { CallContext, CallHost } from "../../grpc/call/call-context.js";
import { streamMethod, unaryMethod, WITHOUT_TEXT } from "../../grpc/call/service-methods.js";
import { WatcherLimit } from "../../grpc/call/call-limits.js";
import type { ConnectionBounds } from "../../grpc/connection/connections.js";
import { type DecodedRequest, EncodedResponse, readableMessage } from "../../grpc/contract/service-definition.js";
import { pause } from "../../sync/clock.js";
import { parseDurationMs } from "../parse/parse-field.js";
import { type ServerStart, toLoadMessage, toOwnLoadMessage, toServerInfoMessage } from "../response/server-messages.js";

/** The approximate size of a generation in a Load message. */
const GENERATION_LOAD_BYTES = 128;

/** Creates the handlers of rill.v1.ServerService. */
export function createServerService(
  host: CallHost,
  source: BackendSource,
  { start, connections }: { readonly start: ServerStart; readonly connections: ConnectionBounds },
): UntypedServiceImplementation {
  const { limits, clock, pace } = host;
  const watchers = new WatcherLimit(limits.loadWatchers, "load watchers");

  const getServerInfo = (request: DecodedRequest<GetServerInfoRequest>): GetServerInfoResponse => {
    const { engine, scheduler } = requireBackend(source);
    readableMessage(request);
    const { slots, queues } = scheduler.load();
    const shape = { slots: slots.total, maxWaitingPerLane: queues.interactive.capacity };
    return { serverInfo: toServerInfoMessage({ start, engine, limits, connections, ...shape }) };
  };

  const getLoad = async (request: DecodedRequest<GetLoadRequest>, context: CallContext): Promise<EncodedResponse> => {
    const { scheduler } = requireBackend(source);
    readableMessage(request);
    // A load with a thousand generations takes a millisecond or two to encode.
    return await pace.run(() => {
      const load = loadFor(context.caller, scheduler.load());
      context.holdResponse(load.generations.length * GENERATION_LOAD_BYTES);
      return new EncodedResponse(SERVICE.getLoad.responseSerialize({ load }));
    });
  };

  /** Creates each report when the reader asks for it, so a reader that is behind gets the latest and nothing accumulates. */
  async function* watchLoad(
    request: DecodedRequest<WatchLoadRequest>,
    { caller, signal }: CallContext,
  ): AsyncGenerator<WatchLoadResponse> {
    const { scheduler } = requireBackend(source);
    const intervalMs = parseInterval(request);
    using _watcher = watchers.take(caller.tenant);
    for (let dueMs = clock.nowMs(); ; dueMs = Math.max(dueMs + intervalMs, clock.nowMs())) {
      await pause(dueMs - clock.nowMs(), { clock, signal });
      yield { load: loadFor(caller, scheduler.load()) };
    }
  }

  function loadFor(caller: Caller, load: LoadSnapshot): Load {
    return caller.permissions.has("observe") ? toLoadMessage(load) : toOwnLoadMessage(load, caller.tenant);
  }

  function parseInterval(request: DecodedRequest<WatchLoadRequest>): number {
    const { interval } = readableMessage(request);
    const violations = new Violations();
    const bounds = {
      fallback: limits.minWatchIntervalMs,
      min: limits.minWatchIntervalMs,
      max: limits.maxWatchIntervalMs,
    };
    const intervalMs = parseDurationMs({ field: "interval", value: interval, ...bounds }, violations);
    violations.throwIfAny();
    return intervalMs;
  }

  return {
    getServerInfo: unaryMethod(host, {
      method: "GetServerInfo",
      handle: getServerInfo,
      encode: SERVICE.getServerInfo.responseSerialize,
    }),
    getLoad: unaryMethod(host, { method: "GetLoad", handle: getLoad, encode: SERVICE.getLoad.responseSerialize }),
    watchLoad: streamMethod(host, { method: "WatchLoad", kind: "watch", handle: watchLoad, ...WITHOUT_TEXT }),
  };
}
