import type { DescFile, FileRegistry } from "@bufbuild/protobuf";
import type { DescriptorProto, EnumDescriptorProto } from "@bufbuild/protobuf/wkt";
import { status as Status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import {
  type ExtensionRequest,
  type ServerReflectionRequest,
  ServerReflectionResponse,
} from "../../../generated/grpc/reflection/v1/reflection.js";
import type { MethodAccess } from "../../core/calls.js";
import { wellFormedText } from "../../core/well-formed-text.js";
import type { CallHost } from "../call/call-context.js";
import { WatcherLimit } from "../call/call-limits.js";
import { bidiMethod } from "../call/service-methods.js";
import type { DescriptorSet } from "../contract/descriptor-set.js";
import { type DecodedRequest, EncodedResponse, readableMessage } from "../contract/service-definition.js";

type ResponseBody = NonNullable<ServerReflectionResponse["messageResponse"]>;

const MAX_NAME_TEXT_BYTES = 256;

/** The callers that reflection takes: every identified one, those of them on this machine, or nobody. */
export type ReflectionMode = "auto" | "on" | "local" | "off";

/** The access to reflection. It tells only the published contract, so it takes no permission. */
export function reflectionAccess(mode: ReflectionMode): Readonly<Record<string, MethodAccess>> {
  return { serverReflectionInfo: mode === "local" ? "local" : "identified" };
}

/**
 * Implements server reflection, for tools such as grpcurl. It returns the file descriptors byte for byte as the compiler wrote them. v1 and v1alpha
 * have the same messages under two names, so one implementation serves both. Responses that are the same for all callers are encoded once.
 */
export function createReflectionService(host: CallHost, descriptors: DescriptorSet): UntypedServiceImplementation {
  const { registry } = descriptors;
  const files = new Map([...registry.files].map((file) => [file.proto.name, file]));
  const services = [...registry.files].flatMap((file) => file.services).map(({ typeName }) => ({ name: typeName }));
  const symbols = createSymbolIndex(registry);

  const serviceList = encodeResponse({ $case: "listServicesResponse", value: { service: services } });
  const fileResponses = new Map<DescFile, Uint8Array>();

  const fileResponse = (file: DescFile | undefined, what: string): Uint8Array => {
    if (file === undefined) return notFound(what);
    let encoded = fileResponses.get(file);
    if (encoded === undefined) {
      const fileDescriptorProto = withDependencies(file).map((each) => descriptors.bytesOf(each));
      encoded = encodeResponse({ $case: "fileDescriptorResponse", value: { fileDescriptorProto } });
      fileResponses.set(file, encoded);
    }
    return encoded;
  };

  const extensionFile = ({ containingType, extensionNumber }: ExtensionRequest): DescFile | undefined => {
    const message = registry.getMessage(containingType);
    return message === undefined ? undefined : registry.getExtensionFor(message, extensionNumber)?.file;
  };

  const extensionNumbers = (typeName: string): Uint8Array => {
    if (registry.getMessage(typeName) === undefined) return notFound(typeName);
    const extensions = [...registry].filter((type) => type.kind === "extension" && type.extendee.typeName === typeName);
    const extensionNumber = extensions.map((type) => (type.kind === "extension" ? type.number : 0));
    return encodeResponse({
      $case: "allExtensionNumbersResponse",
      value: { baseTypeName: typeName, extensionNumber },
    });
  };

  const answer = ({ messageRequest }: ServerReflectionRequest): Uint8Array => {
    switch (messageRequest?.$case) {
      case "fileByFilename":
        return fileResponse(files.get(messageRequest.value), messageRequest.value);
      case "fileContainingSymbol":
        return fileResponse(symbols.get(messageRequest.value), messageRequest.value);
      case "fileContainingExtension":
        return fileResponse(extensionFile(messageRequest.value), messageRequest.value.containingType);
      case "allExtensionNumbersOfType":
        return extensionNumbers(messageRequest.value);
      case "listServices":
        return serviceList;
      case undefined:
        return errorResponse(Status.INVALID_ARGUMENT, "the request names nothing to look up");
    }
  };

  const handle = (request: DecodedRequest<ServerReflectionRequest>): EncodedResponse => {
    const originalRequest = readableMessage(request);
    const head = { validHost: originalRequest.host, originalRequest };
    // Two parts of a message, concatenated, are the message.
    return new EncodedResponse(
      Buffer.concat([ServerReflectionResponse.encode(head).finish(), answer(originalRequest)]),
    );
  };

  const watchers = new WatcherLimit(host.limits.reflectionStreams, "reflection streams");
  return { serverReflectionInfo: bidiMethod(host, { method: "ServerReflectionInfo", watchers, handle }) };
}

function encodeResponse(messageResponse: ResponseBody): Uint8Array {
  return ServerReflectionResponse.encode({ validHost: "", messageResponse }).finish();
}

/** A file and all files that it imports, each once. */
function withDependencies(file: DescFile): DescFile[] {
  const reached = new Set([file]);
  for (const each of reached) for (const dependency of each.dependencies) reached.add(dependency);
  return [...reached];
}

function notFound(what: string): Uint8Array {
  return errorResponse(Status.NOT_FOUND, `not found: ${wellFormedText(what, MAX_NAME_TEXT_BYTES)}`);
}

function errorResponse(errorCode: Status, errorMessage: string): Uint8Array {
  return encodeResponse({ $case: "errorResponse", value: { errorCode, errorMessage } });
}

/**
 * Maps each fully qualified name of the contract to its file: services, methods, messages (including those of maps), fields, oneofs, extensions,
 * enums and their values.
 */
function createSymbolIndex(registry: FileRegistry): ReadonlyMap<string, DescFile> {
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
