/** Loads code once per page, even for several views, hosts and versions of kwidgets. */

/**
 * Return the page's promise for `key`; the first call starts `load`. A promise that failed is
 * dropped, so that the next call tries again.
 */
export function loadOnce<T>(key: string, load: () => Promise<T>): Promise<T> {
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
