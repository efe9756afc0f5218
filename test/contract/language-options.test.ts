import assert from "node:assert/strict";
import type { DescFile } from "@bufbuild/protobuf";
import type { FileOptions } from "@bufbuild/protobuf/wkt";
import { readDescriptors, rillFiles } from "./contract-descriptors.js";

/** The options that give generated code its names. */
function namesOf(file: DescFile): Partial<FileOptions> {
  const options = file.proto.options;
  return {
    csharpNamespace: options?.csharpNamespace ?? "",
    goPackage: options?.goPackage ?? "",
    javaMultipleFiles: options?.javaMultipleFiles ?? false,
    javaOuterClassname: options?.javaOuterClassname ?? "",
    javaPackage: options?.javaPackage ?? "",
    objcClassPrefix: options?.objcClassPrefix ?? "",
  };
}

/** `generation_event` becomes `GenerationEventProto`. */
function outerClassOf(file: DescFile): string {
  const words = file.name.slice(file.name.lastIndexOf("/") + 1).split("_");
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")}Proto`;
}

/** The names are part of the contract: a client's imports break when one of them changes. */
describe("The names that the contract has in generated code", () => {
  const registry = readDescriptors();
  const ours = rillFiles(registry);

  it("are the same in every file of rill.v1", () => {
    assert.ok(ours.length > 20);
    for (const file of ours) {
      assert.deepEqual(
        namesOf(file),
        {
          csharpNamespace: "Rill.V1",
          goPackage: "rillserver/rill/v1;rillv1",
          javaMultipleFiles: true,
          javaOuterClassname: outerClassOf(file),
          javaPackage: "rillserver.rill.v1",
          objcClassPrefix: "RILL",
        },
        file.name,
      );
    }
  });

  it("do not hide a message behind the outer class of a Java file", () => {
    const types = new Set(ours.flatMap((file) => [...file.messages, ...file.enums].map((type) => type.name)));
    assert.deepEqual(
      ours.map(outerClassOf).filter((name) => types.has(name)),
      [],
    );
  });

  it("let protoc-gen-go compile the whole folder, the third-party files included", () => {
    const files = [...registry.files].filter((file) => !file.proto.package.startsWith("google.protobuf"));
    const withoutPath = files.filter((file) => !/^[\w.-]+(?:\/[\w.-]+)+(?:;\w+)?$/.test(namesOf(file).goPackage ?? ""));
    assert.deepEqual(
      withoutPath.map((file) => file.name),
      [],
    );
  });
});
