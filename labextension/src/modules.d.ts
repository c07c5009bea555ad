/** Types of imports that are not TypeScript: style sheets, Plotly, the tutorials. */

/** A style sheet as text. JupyterLab's builder requires the name `.raw.css`. */
declare module "*.raw.css" {
  const text: string;
  export default text;
}

declare module "plotly.js-basic-dist-min" {
  const Plotly: import("./shared/plotly").Plotly;
  export default Plotly;
}

/** The notebooks of examples/, by name; bundle.mjs writes it beside the compiled sources. */
declare module "*/tutorials.json" {
  const notebooks: Record<string, unknown>;
  export default notebooks;
}
