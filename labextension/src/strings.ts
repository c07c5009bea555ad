/** The words of the interface, in the language of the page: English unless a translator is set. */

/** Translates a sentence; `%1`, `%2` … stand for the values. As JupyterLab's bundles do. */
export type Translate = (text: string, ...values: (string | number)[]) => string;

let translate: Translate = fillIn;

/** Use these words from now on. */
export function setTranslator(translator: Translate): void {
  translate = translator;
}

/** Return `text` in the page's language, with `%1`, `%2` … replaced by `values`. */
export function t(text: string, ...values: (string | number)[]): string {
  return translate(text, ...values);
}

function fillIn(text: string, ...values: (string | number)[]): string {
  return text.replace(/%(\d)/g, (whole, number) => String(values[Number(number) - 1] ?? whole));
}
