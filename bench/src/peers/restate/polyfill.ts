// Restate's SDK calls Promise.withResolvers, which Node 20 lacks: without it every invocation fails and is retried in
// silence.

interface Resolvers {
  promise: Promise<unknown>;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
}

/** Gives Node 20 what the SDK needs; to be called before the first invocation. */
export function supplyWithResolvers(): void {
  const promises = Promise as unknown as { withResolvers?: () => Resolvers };
  promises.withResolvers ??= withResolvers;
}

function withResolvers(): Resolvers {
  let settle: Omit<Resolvers, 'promise'> = { resolve: () => {}, reject: () => {} };
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}
