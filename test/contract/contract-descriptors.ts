import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import type {
  DescEnum,
  DescEnumValue,
  DescField,
  DescFile,
  DescMessage,
  DescMethod,
  DescOneof,
  DescService,
  FileRegistry,
} from "@bufbuild/protobuf";
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

type CommentedDesc = DescMessage | DescField | DescOneof | DescEnum | DescEnumValue | DescService | DescMethod;

/** The comment that stands above a declaration in its proto file, as the descriptors carry it; empty if there is none. */
export function commentOf(desc: CommentedDesc): string {
  const file = "file" in desc ? desc.file : desc.parent.file;
  return commentsOf(file).get(pathOf(desc).join()) ?? "";
}

const knownComments = new WeakMap<DescFile, ReadonlyMap<string, string>>();

/** The comments of a file, by the path of what they stand above. */
function commentsOf(file: DescFile): ReadonlyMap<string, string> {
  const known = knownComments.get(file);
  if (known !== undefined) return known;
  const locations = file.proto.sourceCodeInfo?.location ?? [];
  const comments = new Map(locations.map(({ path, leadingComments }) => [path.join(), leadingComments]));
  knownComments.set(file, comments);
  return comments;
}

/** Where a declaration stands in its file, in the numbers of descriptor.proto. Throws for what a message nests. */
function pathOf(desc: CommentedDesc): number[] {
  switch (desc.kind) {
    case "message":
      return [4, topLevel(desc).file.proto.messageType.indexOf(desc.proto)];
    case "enum":
      return [5, topLevel(desc).file.proto.enumType.indexOf(desc.proto)];
    case "service":
      return [6, desc.file.proto.service.indexOf(desc.proto)];
    case "field":
      return [...pathOf(desc.parent), 2, desc.parent.proto.field.indexOf(desc.proto)];
    case "oneof":
      return [...pathOf(desc.parent), 8, desc.parent.proto.oneofDecl.indexOf(desc.proto)];
    case "enum_value":
      return [...pathOf(desc.parent), 2, desc.parent.proto.value.indexOf(desc.proto)];
    case "rpc":
      return [...pathOf(desc.parent), 2, desc.parent.proto.method.indexOf(desc.proto)];
  }
}

function topLevel<Desc extends DescMessage | DescEnum>(desc: Desc): Desc {
  if (desc.parent !== undefined) throw new Error(`${desc.typeName} is not declared at the top of its file`);
  return desc;
}
