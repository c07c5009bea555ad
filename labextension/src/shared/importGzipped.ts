/** Import a gzipped ES module that has come from the kernel. */
export async function importGzipped<T>(packed: unknown): Promise<T> {
  const stream = new Blob([packed as DataView<ArrayBuffer>]).stream();
  const text = await new Response(stream.pipeThrough(new DecompressionStream("gzip"))).text();
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return (await import(/* webpackIgnore: true */ url)) as T;
  } finally {
    URL.revokeObjectURL(url);
  }
}
