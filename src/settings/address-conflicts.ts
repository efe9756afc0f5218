import { isLoopback, parseAddress } from "../machine/address.js";
import { formatListenAddress, type ListenAddress } from "../machine/listen-address.js";
import type { ADDRESS_SETTINGS } from "./address-settings.js";
import type { ValuesOf } from "./setting-values.js";

type AddressValues = ValuesOf<typeof ADDRESS_SETTINGS>;

/** Finds addresses, certificates and keys that are valid alone and conflict with one another. */
export function findAddressConflicts(values: AddressValues): readonly string[] {
  return [...findExposed(values), ...findShared(values), ...findFileConflicts(values)];
}

function findExposed({ listen, adminListen, insecureListen }: AddressValues): readonly string[] {
  if (insecureListen) return [];
  const named = [
    ...listen.map((given) => ({ flag: "--listen", given })),
    ...(adminListen === "off" ? [] : [{ flag: "--admin-listen", given: adminListen }]),
  ].filter(({ given }) => isExposed(given));
  return named.map(({ flag, given: { address } }) => {
    const risk = `${flag} ${address} is reachable from other machines and not encrypted`;
    return `${risk}: add --insecure-listen if you trust that network, or encrypt it with tls://${address}`;
  });
}

function isExposed({ security, address }: ListenAddress): boolean {
  const parsed = parseAddress(address);
  return security === "plaintext" && parsed !== undefined && !isLoopback(parsed);
}

function findShared({ listen, healthListen, adminListen }: AddressValues): readonly string[] {
  const named = [
    ...listen.map(({ address }) => ({ flag: "--listen", address })),
    ...(healthListen === "off" ? [] : [{ flag: "--health-listen", address: healthListen }]),
    ...(adminListen === "off" ? [] : [{ flag: "--admin-listen", address: adminListen.address }]),
  ].filter(({ address }) => parseAddress(address)?.port !== 0);
  return named.flatMap(({ flag, address }, index) => {
    const earlier = named.slice(0, index).find((other) => other.address === address);
    if (earlier === undefined) return [];
    return earlier.flag === flag
      ? [`${flag} has ${address} twice: it needs each address once`]
      : [`${earlier.flag} and ${flag} are both ${address}: they need an address each`];
  });
}

function findFileConflicts(values: AddressValues): readonly string[] {
  const { listen, adminListen, tlsCertificates, tlsKeys, tlsClientAuthorities } = values;
  const secure = listen.filter(({ security }) => security !== "plaintext");
  const secureAdmin = adminListen === "off" || adminListen.security === "plaintext" ? [] : [adminListen];
  const encrypted = [
    ...secure.map((address) => `--listen ${formatListenAddress(address)}`),
    ...secureAdmin.map((address) => `--admin-listen ${formatListenAddress(address)}`),
  ];
  const counts = `${tlsCertificates.length} and ${tlsKeys.length}`;
  const needsClients = listen.some(({ security }) => security === "mtls") && tlsClientAuthorities === "none";
  return [
    ...(tlsCertificates.length === tlsKeys.length
      ? []
      : [`--tls-cert and --tls-key have ${counts} files: they need one key for each certificate`]),
    ...(tlsCertificates.length === 0 ? encrypted.map((given) => `${given} needs --tls-cert and --tls-key`) : []),
    ...(tlsCertificates.length > 0 && encrypted.length === 0
      ? ["--tls-cert has an effect only with tls:// or mtls:// in --listen or --admin-listen, and neither has it"]
      : []),
    ...(needsClients ? ["mtls:// in --listen needs --tls-client-ca"] : []),
    ...(tlsClientAuthorities !== "none" && secure.length === 0
      ? ["--tls-client-ca has an effect only with tls:// or mtls:// in --listen, which has neither"]
      : []),
  ];
}
