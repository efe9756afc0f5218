import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadSync, type MethodDefinition, type PackageDefinition } from "@grpc/proto-loader";

const PROTO_ROOT = fileURLToPath(new URL("../../../proto", import.meta.url));

/** How proto-loader names things for us: as the proto does. */
export const CONTRACT_NAMING = { keepCase: true, enums: String, longs: Number, oneofs: true } as const;

export type ContractMethod = MethodDefinition<object, object>;

/** The whole contract, read from `proto/` at run time: it knows nothing of our generated code. `defaults`: absent values are filled in. */
export function loadContract({ defaults = false } = {}): PackageDefinition {
  const files = readdirSync(PROTO_ROOT, { recursive: true, encoding: "utf8" });
  const protos = files.filter((path) => path.endsWith(".proto"));
  return loadSync(protos, { ...CONTRACT_NAMING, defaults, includeDirs: [PROTO_ROOT] });
}

/** @param name such as rill.v1.ServerService/GetLoad @throws Error where the contract has no such method */
export function contractMethod(contract: PackageDefinition, name: string): ContractMethod {
  const [service = "", method = ""] = name.split("/");
  const definition = contract[service];
  const found = definition === undefined || "format" in definition ? undefined : definition[method];
  if (found === undefined) throw new Error(`the contract has no method ${name}`);
  return found;
}
