import { FRAME, grpcHeaders, http2Frame, http2Opening } from "../support/http2-frames.js";

const END_HEADERS = 4;
const END_STREAM = 1;
const PADDED = 8;
const ACK = 1;
const LOAD = grpcHeaders("rill.v1.ServerService/GetLoad");
const OPEN_STREAM = http2Frame({ type: FRAME.headers, flags: END_HEADERS, stream: 1, payload: LOAD });
const HALF_OPEN = http2Frame({ type: FRAME.headers, flags: END_HEADERS | END_STREAM, stream: 1, payload: LOAD });

/** Breaks the protocol whatever came before it. */
export const DATA_ON_STREAM_ZERO = http2Frame({ type: FRAME.data, payload: Buffer.from([7]) });

/** The bytes of whole connections, by what is wrong with them. */
export const PROTOCOL_ERRORS: Readonly<Record<string, Uint8Array>> = {
  "HTTP/1.1": Buffer.from("GET / HTTP/1.1\r\nHost: rill\r\n\r\n"),
  "no HTTP at all": noise(4_096),
  "noise after the settings": opened(noise(4_096)),
  "a frame before the settings": Buffer.concat([http2Opening().subarray(0, 24), http2Frame({ type: FRAME.ping })]),
  "a frame that is too large": opened(http2Frame({ type: FRAME.data, stream: 1, length: 0xffffff })),
  "data on stream 0": opened(DATA_ON_STREAM_ZERO),
  "data on a stream that was never opened": opened(
    http2Frame({ type: FRAME.data, stream: 5, payload: Buffer.from([7]) }),
  ),
  "data on a stream that was ended": opened(
    Buffer.concat([HALF_OPEN, http2Frame({ type: FRAME.data, stream: 1, payload: Buffer.from([7]) })]),
  ),
  "headers that do not decode": opened(
    http2Frame({ type: FRAME.headers, flags: END_HEADERS, stream: 1, payload: Buffer.alloc(4, 0xff) }),
  ),
  "a stream id of the server's": opened(
    http2Frame({ type: FRAME.headers, flags: END_HEADERS, stream: 2, payload: LOAD }),
  ),
  "a continuation of nothing": opened(http2Frame({ type: FRAME.continuation, flags: END_HEADERS, stream: 1 })),
  "a frame between headers and their continuation": opened(
    Buffer.concat([http2Frame({ type: FRAME.headers, stream: 1, payload: LOAD }), http2Frame({ type: FRAME.ping })]),
  ),
  "settings of five bytes": opened(http2Frame({ type: FRAME.settings, payload: Buffer.alloc(5) })),
  "an acknowledgement with settings": opened(
    http2Frame({ type: FRAME.settings, flags: ACK, payload: Buffer.alloc(6) }),
  ),
  "a ping of three bytes": opened(http2Frame({ type: FRAME.ping, payload: Buffer.alloc(3) })),
  "a reset of a stream that was never opened": opened(
    http2Frame({ type: FRAME.reset, stream: 9, payload: Buffer.alloc(4) }),
  ),
  "a push to the server": opened(http2Frame({ type: FRAME.push, flags: END_HEADERS, stream: 1, payload: LOAD })),
  "a window of more than 2^31 bytes": opened(
    http2Frame({ type: FRAME.windowUpdate, payload: Buffer.from([0x7f, 0xff, 0xff, 0xff]) }),
  ),
  "padding longer than its frame": opened(
    Buffer.concat([
      OPEN_STREAM,
      http2Frame({ type: FRAME.data, flags: PADDED, stream: 1, payload: Buffer.from([200, 1]) }),
    ]),
  ),
};

function opened(frames: Uint8Array): Buffer {
  return Buffer.concat([http2Opening(), frames]);
}

/** The same bytes every time, all with their highest bit set. */
function noise(lengthBytes: number): Buffer {
  let state = 12_345;
  return Buffer.from(
    Array.from({ length: lengthBytes }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return 0x80 | (state >> 16);
    }),
  );
}
