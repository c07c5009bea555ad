/** One icon per tutorial, for the cards of the launcher. */

// What is inside an <svg> of 24 × 24; `S` and `F` are the attributes of strokes and fills. A stroke
// inherits that it has no fill: JupyterLab's theme would color an attribute `fill="none"` too.
const S =
  'class="jp-icon3" stroke="#616161" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"';
const F = 'class="jp-icon3" fill="#616161"';

const DRAWINGS: Record<string, string> = {
  // A curve that falls.
  "01_first_model": `<path ${S} d="M4 3.5V20h16.5M7 6c1.5 6 4 9 12.5 10"/><circle ${F} cx="7" cy="6" r="1.7"/>`,
  // Sliders.
  "02_steer_a_training": `<path ${S} d="M3.5 7h17M3.5 12h17M3.5 17h17"/><circle ${F} cx="9" cy="7" r="2.4"/><circle ${F} cx="16" cy="12" r="2.4"/><circle ${F} cx="7" cy="17" r="2.4"/>`,
  // Layers, and a plus to add one.
  "03_build_by_hand": `<path ${S} d="M4 9.5h16v4H4zM4 16.5h16v4H4zM12 1.8v4.4M9.8 4h4.4"/>`,
  // The corners of a box around an object.
  "04_object_detection": `<path ${S} d="M3.5 8V3.5H8M16 3.5h4.5V8M20.5 16v4.5H16M8 20.5H3.5V16"/><circle ${F} cx="12" cy="12" r="4"/>`,
  // A table, and lines of text.
  "05_tabular_and_text": `<path ${S} d="M3.5 4h17v8.5h-17zM3.5 8.2h17M9.2 4v8.5M14.8 4v8.5M3.5 16.5h17M3.5 20.5h11"/>`,
  // An arrow out of a box.
  "06_from_notebook_to_production": `<path ${S} d="M11 5H4v15h15v-7M14 3.5h6.5V10M20.5 3.5 11.5 12.5"/>`,
  // A clock whose hand goes back.
  "07_nothing_is_lost": `<path ${S} d="M4.2 8.5A8.5 8.5 0 1 1 3.5 13M3.5 4v4.7h4.7M12 7.5V12l3 2"/>`,
  // A magnifying glass over a falling curve.
  "08_find_the_mistake": `<path ${S} d="M15.5 15.5 20.5 20.5M7 8.5c1 3 2.5 4 6 4.5"/><circle ${S} cx="10.2" cy="10.2" r="6.7"/>`,
  // Lines through three axes.
  "09_search": `<path ${S} d="M4 4v16M12 4v16M20 4v16M4 16l8-9 8 4M4 8l8 8 8-10"/>`,
};

/** Return the icon of the tutorial with this name, as SVG. */
export function iconOf(name: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="16" fill="none" viewBox="0 0 24 24">${DRAWINGS[name]}</svg>`;
}
