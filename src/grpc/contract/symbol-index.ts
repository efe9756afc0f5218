import type { DescFile, FileRegistry } from "@bufbuild/protobuf";
import type { DescriptorProto, EnumDescriptorProto } from "@bufbuild/protobuf/wkt";

/**
 * Maps each fully qualified name of the contract to its file: services, methods, messages (including those of maps), fields, oneofs, extensions,
 * enums and their values.
 */
export function createSymbolIndex(registry: FileRegistry): ReadonlyMap<string, DescFile> {
  const index = new Map<string, DescFile>();
  for (const file of registry.files) for (const name of namesIn(file)) index.set(name, file);
  return index;
}

function* namesIn({ proto }: DescFile): Iterable<string> {
  for (const service of proto.service) {
    const name = `${proto.package}.${service.name}`;
    yield name;
    for (const method of service.method) yield `${name}.${method.name}`;
  }
  for (const message of proto.messageType) yield* namesInMessage(message, proto.package);
  for (const declared of proto.enumType) yield* namesInEnum(declared, proto.package);
  for (const extension of proto.extension) yield `${proto.package}.${extension.name}`;
}

function* namesInMessage(message: DescriptorProto, scope: string): Iterable<string> {
  const name = `${scope}.${message.name}`;
  yield name;
  for (const member of [...message.field, ...message.oneofDecl, ...message.extension]) yield `${name}.${member.name}`;
  for (const nested of message.nestedType) yield* namesInMessage(nested, name);
  for (const nested of message.enumType) yield* namesInEnum(nested, name);
}

/** The values of an enum are names in the scope around it. */
function* namesInEnum(declared: EnumDescriptorProto, scope: string): Iterable<string> {
  yield `${scope}.${declared.name}`;
  for (const value of declared.value) yield `${scope}.${value.name}`;
}
