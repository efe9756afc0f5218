import { GenerationServiceService } from "../../generated/rill/v1/generation_service.js";
import { ModelServiceService } from "../../generated/rill/v1/model_service.js";
import { ServerServiceService } from "../../generated/rill/v1/server_service.js";
import { SessionServiceService } from "../../generated/rill/v1/session_service.js";
import { TokenServiceService } from "../../generated/rill/v1/token_service.js";
import type { BackendSource } from "../generation/call/backend.js";
import type { GenerationHost } from "../generation/claim/generation-call.js";
import type { CallHost } from "../grpc/call/call-context.js";
import type { ConnectionBounds } from "../grpc/connection/connections.js";
import type { StrictService } from "../grpc/contract/service-definition.js";
import type { SessionStore } from "../sessions/session-store.js";
import { METHOD_ACCESS } from "./method-access.js";
import { createGenerationService } from "./services/generation-service.js";
import { createModelService } from "./services/model-service.js";
import { createServerService } from "./services/server-service.js";
import { createSessionService } from "./services/session-service.js";
import { createTokenService } from "./services/token-service.js";

/** The parts of the server on which the services of rill.v1 depend. */
export interface RillSource extends BackendSource {
  readonly generations: GenerationHost;
  readonly store: SessionStore;
  readonly connections: ConnectionBounds;
  /** The version of Rill, for GetServerInfo. */
  readonly version: string;
  /** The name of the server, for GetServerInfo. */
  readonly instanceId: string;
}

/** Creates the services of rill.v1. All of them refuse unknown fields. */
export function createRillServices(host: CallHost, source: RillSource): readonly StrictService[] {
  const { version, instanceId, connections, generations, store } = source;
  const start = { version, instanceId, processStartMs: Date.now() - process.uptime() * 1_000 };
  const sessions = { store, turns: generations.turns };
  const { generation, model, session, token, server } = METHOD_ACCESS;
  return [
    {
      definition: GenerationServiceService,
      implementation: createGenerationService(host, source),
      access: generation,
    },
    { definition: ModelServiceService, implementation: createModelService(host, source), access: model },
    { definition: SessionServiceService, implementation: createSessionService(host, sessions), access: session },
    { definition: TokenServiceService, implementation: createTokenService(host, source), access: token },
    {
      definition: ServerServiceService,
      implementation: createServerService(host, source, { start, connections }),
      access: server,
    },
  ].map((service) => ({ ...service, unwanted: "refused" }));
}
