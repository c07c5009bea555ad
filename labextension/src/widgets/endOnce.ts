/** Ends a drawn view, by whoever comes first: its signal, or the function that was returned. */

export function endOnce(
  lifetime: AbortController,
  unmount: () => void,
  signal: AbortSignal | undefined,
): () => void {
  const end = () => {
    if (lifetime.signal.aborted) return;
    lifetime.abort();
    unmount();
  };
  signal?.addEventListener("abort", end, { once: true });
  return end;
}
