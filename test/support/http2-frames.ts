/** HTTP/2 by hand, for what no client would send. */

export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
};
export const FLAG = { ack: 1, endStream: 1, endHeaders: 4 };
const INITIAL_WINDOW_SIZE = 4;

export interface FrameOptions {
  readonly type: number;
  readonly flags?: number;
  /** Default 0, the connection. */
  readonly stream?: number;
  readonly payload?: Uint8Array;
  /** As the header claims it. Default: the payload's. */
  readonly length?: number;
}

export function http2Frame({ type, flags = 0, stream = 0, payload = new Uint8Array(), length }: FrameOptions): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(length ?? payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** What a client begins with: the preface and its settings. */
export function http2Opening(windowBytes = 65_535): Buffer {
  const setting = Buffer.alloc(6);
  setting.writeUInt16BE(INITIAL_WINDOW_SIZE);
  setting.writeUInt32BE(windowBytes, 2);
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  return Buffer.concat([preface, http2Frame({ type: FRAME.settings, payload: setting })]);
}

/** A whole gRPC request on stream 1. @param method such as rill.v1.GenerationService/GenerateStream */
export function grpcRequestFrames(method: string, request: Uint8Array): Buffer {
  const payload = grpcFrame(request);
  return Buffer.concat([
    http2Frame({ type: FRAME.headers, flags: FLAG.endHeaders, stream: 1, payload: grpcHeaders(method) }),
    http2Frame({ type: FRAME.data, flags: FLAG.endStream, stream: 1, payload }),
  ]);
}

/** A message as gRPC frames it. @param flag of the frame: 1 says that the message is compressed */
export function grpcFrame(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flag);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** A header block of literals without indexing; each name and value under 127 bytes. */
export function grpcHeaders(method: string, metadata: Readonly<Record<string, string>> = {}): Buffer {
  const headers = {
    ":method": "POST",
    ":scheme": "http",
    ":path": `/${method}`,
    ":authority": "rill",
    "content-type": "application/grpc",
    te: "trailers",
    ...metadata,
  };
  const fields = Object.entries(headers).map(([name, value]) =>
    Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]),
  );
  return Buffer.concat(fields);
}
