/** Translates the texts of the interface into the language of the page; English by default. */

/** Translates a text with `%1`, `%2` … for the values, like JupyterLab's translation bundles. */
export type Translate = (text: string, ...values: (string | number)[]) => string;

/** A catalogue of `kwidgets/locale`: each English text with its translation, in a list. */
export type Messages = Record<string, unknown>;

const ENGLISH = "en";

let translate: Translate = fillIn;
let language = ENGLISH;

/** Set the page's translator, and its language as `lang` attributes name it. */
export function setTranslator(translator: Translate, languageCode: string): void {
  translate = translator;
  language = languageCode;
}

/** Translate with a catalogue, or not at all where there is none. */
export function setMessages(messages: unknown): void {
  if (typeof messages !== "object" || messages === null) {
    setTranslator(fillIn, ENGLISH);
    return;
  }
  const catalogue = messages as Messages;
  const header = catalogue[""] as { language?: unknown } | undefined;
  setTranslator(
    (text, ...values) => {
      const found = catalogue[text];
      return fillIn(Array.isArray(found) ? String(found[0]) : text, ...values);
    },
    String(header?.language ?? ENGLISH),
  );
}

/** Return `text` in the page's language, with `%1`, `%2` … replaced by `values`. */
export function t(text: string, ...values: (string | number)[]): string {
  return translate(text, ...values);
}

/** A text that the kernel did not translate: the English one, and the values in it. */
export interface Message {
  key: string;
  values: (string | Message)[];
}

/** Return a text of the kernel in the page's language. */
export function translated({ key, values }: Message): string {
  return translate(
    key,
    ...values.map((value) => (typeof value === "string" ? value : translated(value))),
  );
}

/** Return the page's language, for the `lang` attribute of what we draw. */
export function pageLanguage(): string {
  return language;
}

function fillIn(text: string, ...values: (string | number)[]): string {
  return text.replace(/%(\d)/g, (whole, number) => String(values[Number(number) - 1] ?? whole));
}
