/**
 * The part of the metadata proposal that tsyringe asks for, on which @peculiar/x509 stands. That package has a polyfill as a peer, which a test does not
 * need whole. Import this file before it.
 */
type Metadata = Map<unknown, unknown>;

const kept = new WeakMap<object, Metadata>();

Object.assign(Reflect, {
  getMetadata: (key: unknown, target: object): unknown => kept.get(target)?.get(key),
  getOwnMetadata: (key: unknown, target: object): unknown => kept.get(target)?.get(key),
  defineMetadata: (key: unknown, value: unknown, target: object): void => {
    const metadata: Metadata = kept.get(target) ?? new Map();
    kept.set(target, metadata.set(key, value));
  },
});
