/** Types of the imports that are no TypeScript. A `.raw.css` is a style sheet as text, to JupyterLab's builder too. */
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
