import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, QuotaFailure, RetryInfo } from "../../generated/google/rpc/error_details.js";
import { Status } from "../../generated/google/rpc/status.js";
import type { RawAnswer } from "./raw-call.js";
import type { RawEnd } from "./raw-http2-reader.js";

/** What a status said, google.rpc details included. */
export interface StatusDetails {
  readonly code: number;
  readonly text: string;
  readonly reason: string | undefined;
  readonly domain: string | undefined;
  readonly facts: Readonly<Record<string, string>>;
  readonly fields: readonly string[];
  readonly descriptions: readonly string[];
  readonly retryDelayMs: number | undefined;
  /** The subjects and descriptions of google.rpc.QuotaFailure. */
  readonly quotas: readonly (readonly [subject: string, description: string])[];
  readonly pushbackMs: string | undefined;
  readonly generationId: string | undefined;
  /** Of the encoded google.rpc.Status. */
  readonly detailBytes: number;
}

/** Reads a status as a client gets it. */
export function statusDetails(error: Pick<ServiceError, "code" | "details" | "metadata">): StatusDetails {
  return readDetails(error.code, error.details, error.metadata);
}

/** Reads the status of a raw stream. @throws Error when none came */
export function rawStatusDetails({ grpcStatus, trailers }: RawEnd): StatusDetails {
  if (grpcStatus === undefined) throw new Error("the stream ended without a status");
  const metadata = Metadata.fromHttp2Headers(trailers);
  return readDetails(grpcStatus, decodeURI(String(trailers["grpc-message"])), metadata);
}

/** Reads the status of a raw call. @throws Error when none came */
export function answerDetails({ trailers }: RawAnswer): StatusDetails {
  const status = trailers["grpc-status"];
  return rawStatusDetails({ grpcStatus: status === undefined ? undefined : Number(status), trailers, resetCode: 0 });
}

export function readDetails(code: number, text: string, metadata: Metadata): StatusDetails {
  const [bytes = Buffer.alloc(0)] = metadata.get("grpc-status-details-bin");
  const { details } = Status.decode(Buffer.from(bytes));
  const find = (name: string): Buffer | undefined => details.find(({ typeUrl }) => typeUrl.endsWith(`.${name}`))?.value;
  const info = find("ErrorInfo");
  const badRequest = find("BadRequest");
  const retry = find("RetryInfo");
  const quota = find("QuotaFailure");
  const errorInfo = info === undefined ? undefined : ErrorInfo.decode(info);
  const violations = badRequest === undefined ? [] : BadRequest.decode(badRequest).fieldViolations;
  const delay = retry === undefined ? undefined : RetryInfo.decode(retry).retryDelay;
  return {
    code,
    text,
    reason: errorInfo?.reason,
    domain: errorInfo?.domain,
    facts: Object.fromEntries(errorInfo?.metadata ?? []),
    fields: violations.map(({ field }) => field),
    descriptions: violations.map(({ description }) => description),
    retryDelayMs: delay === undefined ? undefined : delay.seconds * 1_000 + delay.nanos / 1e6,
    quotas:
      quota === undefined
        ? []
        : QuotaFailure.decode(quota).violations.map(({ subject, description }) => [subject, description]),
    pushbackMs: metadata.get("grpc-retry-pushback-ms")[0]?.toString(),
    generationId: metadata.get("x-rill-generation-id")[0]?.toString(),
    detailBytes: bytes.length,
  };
}
