import { LANES, type Lane } from "../core/generation-request.js";
import { HUB_ORIGIN } from "../models/download/hub-source.js";
import { LOG_LEVELS } from "../telemetry/logger.js";
import { ADDRESS_SETTINGS } from "./address-settings.js";
import { IDENTITY_SETTINGS } from "./identity-settings.js";
import { RECORD_SETTINGS } from "./record-settings.js";
import type { Setting } from "./setting.js";
import { STORE_SETTINGS } from "./store-settings.js";
import {
  choice,
  count,
  countOrAuto,
  countOrWord,
  duration,
  durationOrAuto,
  origin,
  size,
  text,
  nameOrAuto,
} from "./setting-types.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** All settings except the limits. The keys are the names in code, with their units. */
export const SERVER_SETTINGS = {
  model: text({
    name: "model",
    about: "catalogue name, path of a GGUF file, or hf:owner/repo/file.gguf",
    placeholder: "model",
    default: "smollm2-135m-instruct",
  }),
  modelCache: text({
    name: "model-cache",
    about: "folder for downloaded models; auto: in the platform's cache folder",
    placeholder: "path|auto",
    default: "auto",
  }),
  hub: origin({ name: "hub", about: "address of the model hub or of a mirror", default: HUB_ORIGIN }),
  ...ADDRESS_SETTINGS,
  instanceId: nameOrAuto({
    name: "instance-id",
    about: "name of the server in x-rill-instance and GetServerInfo; auto: chosen at random at each start",
    default: "auto",
    maxLength: 128,
  }),
  maxConnections: countOrAuto({
    name: "max-connections",
    about: "concurrent gRPC connections; auto: as many as the process may open files and sockets for, at most 4096",
    default: "auto",
    min: 1,
    max: 1_048_576,
  }),
  connectionAgeGraceMs: durationOrAuto({
    name: "max-connection-age-grace",
    about:
      "how long calls may continue after their connection reaches --max-connection-age; auto: --max-generation-time plus 5m",
    default: "auto",
    min: SECOND,
    max: 48 * HOUR,
  }),
  ...IDENTITY_SETTINGS,
  slots: countOrAuto({
    name: "slots",
    about: "generations that decode concurrently; auto: as many as memory and cores allow, at most 8",
    default: "auto",
    min: 1,
    max: 64,
  }),
  contextTokens: countOrWord({
    name: "context-tokens",
    about:
      "tokens of input and output of one generation; standard: the context of the model, at most 4096; auto: as much of it as half of the memory beside the model holds",
    words: ["standard", "auto"],
    default: "standard",
    min: 64,
    max: 1_048_576,
  }),
  threads: countOrAuto({
    name: "threads",
    about: "threads that decode; auto: the cores that the process may use, fewer while other processes use them",
    default: "auto",
    min: 1,
    max: 256,
  }),
  gpu: choice({
    name: "gpu",
    about: "device that computes; off: the processor alone",
    default: "off",
    words: ["off", "auto", "metal", "cuda", "vulkan"],
  }),
  prefillBudgetMs: duration({
    name: "prefill-budget",
    about: "longest time per step that prefill may take",
    default: 150,
    min: 5,
    max: 10 * SECOND,
  }),
  speculation: choice({
    name: "speculation",
    about: "speculative decoding with draft tokens from earlier text; auto: while it makes decoding faster",
    default: "auto",
    words: ["auto", "off"],
  }),
  savedStateBytes: size({
    name: "saved-state-size",
    about:
      "memory outside the engine's cache for the state of preempted generations and shared prompts; 0: they are prefilled again",
    default: 512 * MIB,
    min: 0,
    max: 1024 * GIB,
  }),
  stateDirectory: text({
    name: "state-directory",
    about: "folder for that state; auto: in memory if there is room, otherwise on the disk",
    placeholder: "path|auto",
    default: "auto",
  }),
  sharedPrefixes: choice({
    name: "shared-prefixes",
    about:
      "callers whose prompts may reuse each other's prefilled beginnings; all: those of every tenant, to whom times then tell what others sent",
    default: "tenant",
    words: ["tenant", "all"],
  }),
  ...STORE_SETTINGS,
  ...RECORD_SETTINGS,
  stepLimitMs: duration({
    name: "step-limit",
    about: "time after which a step of the engine counts as hanging",
    default: 30 * SECOND,
    min: SECOND,
    max: HOUR,
  }),
  faultLimit: count({
    name: "max-engine-faults",
    about:
      "consecutive generations that the engine may fail before the server checks it and, if the check fails, exits",
    default: 8,
    min: 1,
    max: 10_000,
  }),
  laneWeights: laneWeights({
    name: "lane-weights",
    about: "shares of the interactive and the batch lane in the slots",
    default: { interactive: 3, batch: 1 },
  }),
  drainDelayMs: duration({
    name: "drain-delay",
    about:
      "on SIGTERM, how long the server accepts calls while health reports NOT_SERVING; Ctrl-C at a terminal skips it",
    default: 5 * SECOND,
    min: 0,
    max: 10 * MINUTE,
  }),
  drainGraceMs: duration({
    name: "drain-grace",
    about: "how long accepted generations may continue after the drain delay",
    default: 60 * SECOND,
    min: 0,
    max: 24 * HOUR,
  }),
  logFormat: choice({
    name: "log-format",
    about: "form of the log; auto: lines for people if standard output is a terminal, otherwise one JSON object a line",
    default: "auto",
    words: ["auto", "json", "pretty"],
  }),
  logLevel: choice({ name: "log-level", about: "lowest level that is logged", default: "info", words: LOG_LEVELS }),
};

function laneWeights(described: {
  readonly name: string;
  readonly about: string;
  readonly default: Readonly<Record<Lane, number>>;
}): Setting<Readonly<Record<Lane, number>>> {
  return {
    ...described,
    placeholder: LANES.join(":"),
    expected: "two whole numbers from 1 to 99, such as 3:1",
    parse: (value) => {
      const [, interactive, batch] = /^([1-9]\d?):([1-9]\d?)$/.exec(value) ?? [];
      if (interactive === undefined || batch === undefined) return undefined;
      return { interactive: Number(interactive), batch: Number(batch) };
    },
    format: (weights) => LANES.map((lane) => weights[lane]).join(":"),
  };
}
