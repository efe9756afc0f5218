import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import type { DescField, DescFile, DescMessage, DescService, FileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** Root of the checkout, seen from the compiled tests. */
const projectRoot = fileURLToPath(new URL("../../../", import.meta.url));

/** The descriptors that `npm run generate` wrote, as the reflection service serves them. */
export function readDescriptors(): FileRegistry {
  const bytes = readFileSync(`${projectRoot}generated/descriptors.binpb`);
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
}

/** A message of `rill.v1` by its short name. Throws if there is none. */
export function rillMessage(registry: FileRegistry, name: string): DescMessage {
  const message = registry.getMessage(`rill.v1.${name}`);
  if (message === undefined) throw new Error(`no message rill.v1.${name}`);
  return message;
}

/** The files of `rill.v1`, without what is vendored. */
export function rillFiles(registry: FileRegistry): DescFile[] {
  return [...registry.files].filter((file) => file.proto.package === "rill.v1");
}

/** The services of `rill.v1`. */
export function rillServices(registry: FileRegistry): DescService[] {
  return rillFiles(registry).flatMap((file) => file.services);
}

/** The messages of `rill.v1` that a request carries at any depth, the requests themselves included. */
export function requestMessages(registry: FileRegistry): DescMessage[] {
  const reached = new Set<DescMessage>();
  const visit = (message: DescMessage): void => {
    if (reached.has(message) || message.file.proto.package !== "rill.v1") return;
    reached.add(message);
    for (const field of message.fields) if (field.message !== undefined) visit(field.message);
  };
  for (const service of rillServices(registry)) for (const method of service.methods) visit(method.input);
  return [...reached];
}

/** The comment that stands above a field in its proto file, as the descriptors carry it; empty if there is none. */
export function commentOf(field: DescField): string {
  const path = [...pathOf(field.parent), 2, field.parent.proto.field.indexOf(field.proto)];
  const locations = field.parent.file.proto.sourceCodeInfo?.location ?? [];
  return locations.find((location) => location.path.join() === path.join())?.leadingComments ?? "";
}

/** Where a message stands in its file, in the numbers of descriptor.proto. Throws for a nested one. */
function pathOf(message: DescMessage): number[] {
  if (message.parent !== undefined) throw new Error(`${message.typeName} is not a top-level message`);
  return [4, message.file.proto.messageType.indexOf(message.proto)];
}
