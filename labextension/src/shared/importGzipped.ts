/** Imports code that has come from the kernel. */

import { bytesOf } from "./base64";

/** Import an ES module from its gzipped text, as base64. */
export async function importGzipped<T>(packed: string): Promise<T> {
  const stream = new Blob([bytesOf(packed)]).stream();
  const text = await new Response(stream.pipeThrough(new DecompressionStream("gzip"))).text();
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return (await import(/* webpackIgnore: true */ url)) as T;
  } finally {
    URL.revokeObjectURL(url);
  }
}
