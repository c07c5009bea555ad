/** Code that a page loads once, however many views, hosts and versions of us it holds. */

/**
 * Return the page's promise for `key`, begun by whoever asks first; a failed one is forgotten, so
 * that the next to ask tries again.
 */
export function once<T>(key: string, load: () => Promise<T>): Promise<T> {
  const page = globalThis as unknown as Record<symbol, Promise<T> | undefined>;
  const symbol = Symbol.for(`kwidgets.${key}`);
  const known = page[symbol];
  if (known) return known;
  const promise = load();
  page[symbol] = promise;
  promise.catch(() => {
    if (page[symbol] === promise) delete page[symbol];
  });
  return promise;
}
