/** A server cannot listen, because another process already does on the same address. */
export class AddressInUse extends Error {
  /** The address: `host:port` or `unix:path`. */
  readonly address: string;

  /** @param attempt the beginning of the message, such as "cannot listen on 127.0.0.1:50051" */
  constructor(address: string, attempt: string, cause: unknown) {
    super(`${attempt}: the address is in use`, { cause });
    this.name = "AddressInUse";
    this.address = address;
  }
}
