/** A response as the bytes that go out. The service definition passes them on as they are. */
export class EncodedResponse {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}
