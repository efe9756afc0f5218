import type { Baseline } from "./compare-report.js";

/** The versions of Node whose nghttp2 follows RFC 9113 where that differs from the RFC 7540 that h2spec tests, or is stricter. */
const NEWER = [22, 24];

/** What h2spec 2.2.1 finds at the gRPC port. */
export const BASELINE: Baseline = {
  cases: 145,
  deviations: [
    {
      id: "http2/5.1/5",
      title: "half closed (remote): Sends a DATA frame",
      races: true,
      because:
        "The case is a race: where the server's short answer closes the stream before the frame comes, nghttp2 ignores the frame as it does for every closed stream.",
    },
    {
      id: "http2/5.1/6",
      title: "half closed (remote): Sends a HEADERS frame",
      races: true,
      because:
        "The case is a race: where the server's short answer closes the stream before the frame comes, nghttp2 ignores the frame as it does for every closed stream.",
    },
    {
      id: "http2/5.1/8",
      title: "closed: Sends a DATA frame after sending RST_STREAM frame",
      because:
        "nghttp2 does not remember every closed stream and drops such data instead of answering STREAM_CLOSED, which harms nobody: the bytes are given back to the connection's window and reach no call.",
    },
    {
      id: "http2/5.1/9",
      title: "closed: Sends a HEADERS frame after sending RST_STREAM frame",
      because:
        "nghttp2 does not remember every closed stream and ignores such headers instead of answering STREAM_CLOSED, which harms nobody: they are decoded for the sake of HPACK's state and open no call.",
    },
    {
      id: "http2/5.1/11",
      title: "closed: Sends a DATA frame",
      because:
        "nghttp2 does not remember every closed stream and drops such data instead of answering STREAM_CLOSED, which harms nobody: the bytes are given back to the connection's window and reach no call.",
    },
    {
      id: "http2/5.1/12",
      title: "closed: Sends a HEADERS frame",
      because:
        "nghttp2 does not remember every closed stream and ignores such headers instead of closing the connection, which harms nobody: they are decoded for the sake of HPACK's state and open no call.",
    },
    {
      id: "http2/5.1.1/2",
      title: "Sends stream identifier that is numerically smaller than previous",
      because:
        "nghttp2 cannot tell a stream that was skipped from one that is closed, so it ignores the headers of both instead of closing the connection, and no call is opened.",
    },
    {
      id: "http2/5.3.1/2",
      title: "Sends PRIORITY frame that depend on itself",
      nodes: NEWER,
      because:
        "The nghttp2 of Node 22 and 24 ignores every PRIORITY frame, as RFC 9113 took priorities out of the protocol, and nothing in the server goes by them.",
    },
    {
      id: "http2/6.1/2",
      title: 'Sends a DATA frame on the stream that is not in "open" or "half-closed (local)" state',
      races: true,
      because:
        "The case is a race: where the server's short answer closes the stream before the frame comes, nghttp2 ignores the frame as it does for every closed stream.",
    },
    {
      id: "http2/6.3/1",
      title: "Sends a PRIORITY frame with 0x0 stream identifier",
      nodes: NEWER,
      because:
        "The nghttp2 of Node 22 and 24 ignores every PRIORITY frame, as RFC 9113 took priorities out of the protocol, and nothing in the server goes by them.",
    },
    {
      id: "http2/6.7/2",
      title: "Sends a PING frame with ACK",
      because:
        "Node takes the acknowledgement of a ping that it never sent for an attack and closes the connection, on purpose and without an option; no client sends one, and nobody but the sender loses anything.",
    },
    {
      id: "http2/6.9.1/2",
      title: "Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1",
      nodes: [20],
      because:
        "Node 20 closes the connection as it must, but its GOAWAY says INTERNAL_ERROR in place of FLOW_CONTROL_ERROR; later versions say the latter.",
    },
    {
      id: "http2/6.9.1/3",
      title: "Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1 on a stream",
      nodes: NEWER,
      because:
        "Node 22 and 24 close the whole connection where a reset of the stream would do, as Node 20 does it; that meets only a peer that breaks flow control itself.",
    },
  ],
};
