/** The bundle `plotly.js`. */

export { default } from "plotly.js-basic-dist-min";
