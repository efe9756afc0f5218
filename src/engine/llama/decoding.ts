import type { Decoder, DecoderOpening, StepResults, StepWork } from "../engine.js";

/** One way to have llama.cpp evaluate and sample: that part of an Engine, with its promises. */
export interface Decoding extends Disposable {
  openDecoder(opening: DecoderOpening): Decoder;
  step(work: StepWork): Promise<StepResults>;
  tidy(idle: boolean): void;
}
