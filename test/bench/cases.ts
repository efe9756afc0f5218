import type { BenchCase } from "./bench-case.js";
import { cancels } from "./cases/cancels.js";
import { coldStart } from "./cases/cold-start.js";
import { conversation } from "./cases/conversation.js";
import { crowd } from "./cases/crowd.js";
import { forcedOutput } from "./cases/forced-output.js";
import { growthContext } from "./cases/growth-context.js";
import { growthStreams } from "./cases/growth-streams.js";
import { growthVocabulary } from "./cases/growth-vocabulary.js";
import { growth } from "./cases/growth.js";
import { joining } from "./cases/joining.js";
import { longContext } from "./cases/long-context.js";
import { memory } from "./cases/memory.js";
import { pathFirstToken } from "./cases/path-first-token.js";
import { pathIdentity } from "./cases/path-identity.js";
import { pathPace } from "./cases/path-pace.js";
import { pathRefusal } from "./cases/path-refusal.js";
import { pathStream } from "./cases/path-stream.js";
import { pathTls } from "./cases/path-tls.js";
import { pathWaiting } from "./cases/path-waiting.js";
import { scores } from "./cases/scores.js";
import { sessionStore } from "./cases/session-store.js";
import { sharedPrompt } from "./cases/shared-prompt.js";
import { speculation } from "./cases/speculation.js";
import { stalledReader } from "./cases/stalled-reader.js";
import { streams } from "./cases/streams.js";

/** All cases, in the order in which they run. */
export const CASES: readonly BenchCase[] = [
  streams,
  joining,
  sharedPrompt,
  conversation,
  sessionStore,
  longContext,
  speculation,
  scores,
  forcedOutput,
  stalledReader,
  cancels,
  crowd,
  coldStart,
  memory,
  growth,
  growthStreams,
  growthContext,
  growthVocabulary,
  pathStream,
  pathFirstToken,
  pathPace,
  pathRefusal,
  pathIdentity,
  pathWaiting,
  pathTls,
];
