import { readFile } from "node:fs/promises";
import { createFileRegistry, type DescFile, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** The output of `npm run generate`, relative to dist/src/grpc/contract/. */
const DESCRIPTORS_URL = new URL("../../../../generated/descriptors.binpb", import.meta.url);

/** The contract as descriptors, read once at the start, for strict decoding and for reflection. */
export class DescriptorSet {
  readonly registry: FileRegistry;
  readonly #bytesByName: ReadonlyMap<string, Buffer>;

  private constructor(registry: FileRegistry, bytesByName: ReadonlyMap<string, Buffer>) {
    this.registry = registry;
    this.#bytesByName = bytesByName;
  }

  /** @throws Error if the file is missing or broken */
  static async read(): Promise<DescriptorSet> {
    return DescriptorSet.from(await readFile(DESCRIPTORS_URL));
  }

  /** @param bytes a FileDescriptorSet. Two of them, one behind the other, are one too. */
  static from(bytes: Uint8Array): DescriptorSet {
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
    const names = fromBinary(FileDescriptorSetSchema, bytes).file.map((file) => file.name);
    const slices = sliceFiles(bytes);
    return new DescriptorSet(registry, new Map(names.map((name, index) => [name, slices[index] ?? Buffer.alloc(0)])));
  }

  /**
   * A file as the compiler wrote it, including comments and options that this process does not know.
   * @throws Error for a file of another set
   */
  bytesOf(file: DescFile): Buffer {
    const bytes = this.#bytesByName.get(file.proto.name);
    if (bytes === undefined) throw new Error(`no descriptor of ${file.proto.name}`);
    return bytes;
  }
}

/** A FileDescriptorSet is the concatenation of its files. */
function sliceFiles(set: Uint8Array): Buffer[] {
  const reader = new BinaryReader(set);
  const slices: Buffer[] = [];
  while (reader.pos < reader.len) {
    reader.tag();
    slices.push(Buffer.from(reader.bytes()));
  }
  return slices;
}
