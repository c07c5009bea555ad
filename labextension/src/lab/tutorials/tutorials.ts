/** The list of tutorials and their notebooks. */

import { t } from "../../shared/translation";

/** Return names and titles, in order. The titles are in the language of the page. */
export function tutorials(): { name: string; title: string }[] {
  return [
    { name: "01_first_model", title: t("Your first model, live") },
    { name: "02_steer_a_training", title: t("Control training") },
    { name: "03_build_by_hand", title: t("Build a model by hand") },
    { name: "04_object_detection", title: t("Find objects in an image") },
    { name: "05_tabular_and_text", title: t("Tables and text") },
    { name: "06_from_notebook_to_production", title: t("From notebook to production") },
    { name: "07_nothing_is_lost", title: t("Nothing is lost") },
    { name: "08_find_the_mistake", title: t("Find the mistake") },
    { name: "09_search", title: t("Search hyperparameters") },
  ];
}

/** Return the notebook of a tutorial, loaded on first use. */
export async function notebookOf(name: string): Promise<unknown> {
  const { default: notebooks } = await import("../../tutorials.json");
  return notebooks[name];
}

/** Return `name.ipynb`, with the first number that makes it unique if it is in `taken`. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  let candidate = `${name}.ipynb`;
  for (let number = 1; taken.has(candidate); number++) candidate = `${name}-${number}.ipynb`;
  return candidate;
}
