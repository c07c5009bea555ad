/** The entry point of the bundle `plotly.js`. */

export { default } from "plotly.js-basic-dist-min";
