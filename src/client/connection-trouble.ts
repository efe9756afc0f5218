import { connect, type PeerCertificate, type TLSSocket } from "node:tls";
import { isIP } from "node:net";
import { parseAddress } from "../machine/address.js";
import type { ClientSecurity } from "./client-security.js";

/** The time that a server has for the handshake. */
const HANDSHAKE_LIMIT_MS = 2_000;
/** The time after the handshake in which a server says that it wants another certificate. Under TLS 1.3 that comes after the client's side is complete. */
const REFUSAL_WAIT_MS = 500;

/** Codes of OpenSSL for a certificate that no trusted authority has issued. */
const UNKNOWN_ISSUER: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
  "INVALID_CA",
]);
/** Codes of OpenSSL for bytes that are no TLS. */
const NO_TLS: ReadonlySet<string> = new Set([
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_HTTP_REQUEST",
  "ERR_SSL_BAD_RECORD_TYPE",
  "ERR_SSL_RECORD_LAYER_FAILURE",
]);

/** The outcome of one handshake. */
type Attempt =
  | { readonly type: "open"; readonly protocol: string | false | null }
  /** The server closed the connection after the handshake. */
  | { readonly type: "closed" }
  | { readonly type: "failed"; readonly code: string; readonly certificate: PeerCertificate | undefined };

/**
 * Tries the handshake of TLS with a server that could not be called, and says in a sentence what is wrong with the security of the connection. Returns
 * undefined if nothing is wrong with it, or if nobody answers.
 *
 * @param security the security with which the call failed, or undefined for plaintext
 */
export async function explainTrouble(
  address: string,
  security: ClientSecurity | undefined,
): Promise<string | undefined> {
  const parsed = parseAddress(address);
  if (parsed === undefined) return undefined;
  const { host, port } = parsed;
  const attempt = await tryHandshake(host, port, security);
  if (security === undefined) {
    return attempt.type === "failed" ? undefined : "the server speaks TLS: add --tls";
  }
  switch (attempt.type) {
    case "open":
      return attempt.protocol === "h2" ? undefined : "the server speaks TLS, but no HTTP/2";
    case "closed":
      return security.identity === undefined
        ? "the server closed the connection: it may require a certificate of the client (--cert and --key)"
        : "the server closed the connection: it may not accept the certificate of --cert";
    case "failed":
      return explainCode(attempt.code, security.serverName ?? host, attempt.certificate);
  }
}

function explainCode(code: string, name: string, certificate: PeerCertificate | undefined): string | undefined {
  if (UNKNOWN_ISSUER.has(code)) {
    return "the server's certificate is from an authority that this client does not know: name its file with --ca";
  }
  if (NO_TLS.has(code)) return "the server does not speak TLS: leave out --tls";
  if (code === "CERT_HAS_EXPIRED") return `the server's certificate has expired${since(certificate?.valid_to)}`;
  if (code === "CERT_NOT_YET_VALID")
    return `the server's certificate is not valid yet${since(certificate?.valid_from)}`;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const names = certificate?.subjectaltname ?? "no name";
    return `the server's certificate is not for ${name}, but for ${names}: name one of these with --server-name if you trust it`;
  }
  if (code.includes("ALERT_PROTOCOL_VERSION")) return "the server accepts no version of TLS that this client speaks";
  if (code.includes("_ALERT_")) return `the server refused the handshake (${code})`;
  if (code === "ECONNRESET") return "the server closed the connection during the handshake: it may not speak TLS";
  return undefined;
}

function since(time: string | undefined): string {
  return time === undefined || time === "" ? "" : ` (${time})`;
}

function tryHandshake(host: string, port: number, security: ClientSecurity | undefined): Promise<Attempt> {
  const serverName = security?.serverName ?? host;
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({
      host,
      port,
      ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
      ...(security?.authorities === undefined ? {} : { ca: security.authorities }),
      ...(security?.identity === undefined ? {} : { cert: security.identity.chain, key: security.identity.key }),
      // The code below judges the certificate, because Node does not show one that it has refused itself.
      rejectUnauthorized: false,
      ALPNProtocols: ["h2"],
    });
    let isOpen = false;
    const end = (attempt: Attempt): void => {
      clearTimeout(timer);
      resolve(attempt);
      socket.destroy();
    };
    let timer = setTimeout(
      () => end({ type: "failed", code: "ETIMEDOUT", certificate: undefined }),
      HANDSHAKE_LIMIT_MS,
    );
    socket.once("secureConnect", () => {
      isOpen = true;
      clearTimeout(timer);
      if (security !== undefined && !socket.authorized) {
        const code = String(socket.authorizationError);
        end({ type: "failed", code, certificate: socket.getPeerCertificate() });
        return;
      }
      timer = setTimeout(() => end({ type: "open", protocol: socket.alpnProtocol }), REFUSAL_WAIT_MS);
    });
    socket.resume();
    socket.on("error", ({ code = "" }: NodeJS.ErrnoException) =>
      end(isOpen ? { type: "closed" } : { type: "failed", code, certificate: undefined }),
    );
    socket.once("close", () =>
      end(isOpen ? { type: "closed" } : { type: "failed", code: "ECONNRESET", certificate: undefined }),
    );
  });
}
