/** Finds services of JupyterLab that other pages, such as Voilà's, lack with their modules. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { Token } from "@lumino/coreutils";

/**
 * Return the service of the token in a module, or null where there is no such service.
 *
 * An import at the top of a file, of a module that the page does not share, keeps our whole
 * extension from loading. So pass `import("@jupyterlab/launcher")`.
 */
export async function optionalService<M, T>(
  app: JupyterFrontEnd,
  module: Promise<M>,
  token: (module: M) => Token<T>,
): Promise<T | null> {
  const loaded = await module.catch(() => null);
  return loaded && app.resolveOptionalService(token(loaded));
}
