import { parseTrustedProxy } from "../grpc/gate/call-deadlines.js";
import { MAX_SOCKET_PATH_BYTES, parseHostName } from "../machine/address.js";
import { formatListenAddress, type ListenAddress, parseListenAddress } from "../machine/listen-address.js";
import type { Setting } from "./setting.js";
import { addressOrOff, choice, HOST_AND_PORT_EXPECTED, list, listOf, text, toggle } from "./setting-types.js";

/** The settings of the addresses on which the server listens, and of the security of their connections. */
export const ADDRESS_SETTINGS = {
  listen: listOf<ListenAddress>({
    name: "listen",
    about:
      "addresses on which the server serves gRPC; tls encrypts, and mtls also requires a certificate of the client",
    default: [{ security: "plaintext", address: "127.0.0.1:50051" }],
    placeholder: "host:port|unix:path|tls://host:port|mtls://host:port",
    expected: `${HOST_AND_PORT_EXPECTED}, with tls:// or mtls:// before it for TLS, or unix:path with a path of at most ${MAX_SOCKET_PATH_BYTES} bytes; several separated by commas`,
    parseItem: parseListenAddress,
    formatItem: formatListenAddress,
  }),
  insecureListen: toggle({
    name: "insecure-listen",
    about: "allow unencrypted gRPC and an unencrypted admin port on addresses that other machines can reach",
    default: false,
  }),
  healthListen: addressOrOff({
    name: "health-listen",
    about: "address on which the server serves only gRPC health, unencrypted, for probes that speak no TLS",
    default: "off",
  }),
  tlsCertificates: paths("tls-cert", "PEM files of the server's certificates, each followed by its chain"),
  tlsKeys: paths("tls-key", "PEM files of the private keys, in the order of the certificates"),
  tlsClientAuthorities: text({
    name: "tls-client-ca",
    about: "PEM file of the authorities whose certificates clients may have; none: clients are not asked for one",
    placeholder: "path|none",
    default: "none",
  }),
  tlsMinVersion: choice({
    name: "tls-min-version",
    about: "oldest version of TLS that the server accepts",
    default: "1.2",
    words: ["1.2", "1.3"],
  }),
  trustedProxies: list({
    name: "trusted-proxy",
    about: "peers whose x-envoy-expected-rq-timeout-ms counts as a deadline; unix: the peers of a Unix socket",
    placeholder: "address",
    expected: "addresses, prefixes such as 10.0.0.0/8 and the word unix",
    parseItem: parseTrustedProxy,
  }),
  adminListen: adminAddress({
    name: "admin-listen",
    about: "address on which the server serves /metrics, /livez and /readyz over HTTP, or with tls:// over HTTPS",
    default: { security: "plaintext", address: "127.0.0.1:50052" },
  }),
  adminHosts: list({
    name: "admin-hosts",
    about: "names that the Host header of an admin request may have besides addresses and localhost",
    placeholder: "name",
    expected: "host names",
    parseItem: parseHostName,
  }),
};

function paths(name: string, about: string): Setting<readonly string[]> {
  return list({
    name,
    about,
    placeholder: "path",
    expected: "paths of files",
    parseItem: (text) => (text === "" ? undefined : text),
  });
}

/** An address of the admin port, with or without TLS, or "off". */
function adminAddress(described: {
  readonly name: string;
  readonly about: string;
  readonly default: ListenAddress;
}): Setting<ListenAddress | "off"> {
  return {
    ...described,
    placeholder: "host:port|tls://host:port|off",
    expected: `off or ${HOST_AND_PORT_EXPECTED}, with tls:// before it for TLS`,
    parse: (text) => {
      if (text === "off") return "off";
      const parsed = parseListenAddress(text);
      return parsed === undefined || parsed.security === "mtls" || parsed.address.startsWith("unix:")
        ? undefined
        : parsed;
    },
    format: (address) => (address === "off" ? "off" : formatListenAddress(address)),
  };
}
