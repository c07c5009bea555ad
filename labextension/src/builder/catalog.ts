/** Unpacks, parses and searches the catalog of Keras's classes. */

import { bytesOf } from "../shared/base64";
import { Fields } from "../shared/fields";
import {
  type Catalog,
  type Entry,
  FIELD_KINDS,
  type FieldKind,
  type Parameter,
  type Value,
} from "./protocol";

/** Unpack and parse the trait `data` of the catalog's model: gzipped JSON as base64. */
export async function unpackCatalog(data: string): Promise<Catalog> {
  const stream = new Blob([bytesOf(data)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return parseCatalog(JSON.parse(await new Response(stream).text()));
}

export function parseCatalog(data: unknown): Catalog {
  const fields = new Fields(data, "catalog");
  const [entries, sections, forms] = ["entries", "sections", "forms"].map((name) =>
    fields.fields(name),
  ) as [Fields, Fields, Fields];
  return {
    keras_version: fields.string("keras_version"),
    entries: Object.fromEntries(
      entries.keys().map((key) => [key, parseEntry(entries.fields(key), key)]),
    ),
    sections: Object.fromEntries(sections.keys().map((name) => [name, sections.strings(name)])),
    activations: fields.strings("activations"),
    templates: fields.list("templates", (template) => ({
      name: template.string("name"),
      title: template.string("title"),
      summary: template.string("summary"),
    })),
    forms: Object.fromEntries(forms.keys().map((name) => [name, forms.list(name, parseParameter)])),
  };
}

function parseEntry(fields: Fields, key: string): Entry {
  return {
    key,
    name: fields.string("name"),
    group: fields.string("group"),
    summary: fields.string("summary"),
    parameters: fields.list("parameters", parseParameter),
    unusable: fields.string("unusable"),
  };
}

function parseParameter(fields: Fields): Parameter {
  const kind = fields.string("field") as FieldKind;
  const parameter: Parameter = {
    name: fields.string("name"),
    // A kind of a later version can still be typed.
    field: FIELD_KINDS.includes(kind) ? kind : "python",
    required: fields.boolean("required"),
    default: (fields.value("default") ?? null) as Value,
    nullable: fields.boolean("nullable"),
    basic: fields.boolean("basic"),
    help: fields.string("help"),
  };
  const choices = fields.value("choices");
  if (Array.isArray(choices)) parameter.choices = choices as Value[];
  if (typeof fields.value("section") === "string") parameter.section = fields.string("section");
  if (typeof fields.value("minimum") === "number") parameter.minimum = fields.finite("minimum");
  return parameter;
}

/** Return the entries of a section, in the order of the select. */
export function sectionEntries(catalog: Catalog, section: string | undefined): Entry[] {
  return (catalog.sections[section ?? ""] ?? []).flatMap((key) => catalog.entries[key] ?? []);
}

/** Return the entry of a name as Keras reads it: "he_normal", "HeNormal", "adam". */
export function entryByName(entries: readonly Entry[], name: string): Entry | undefined {
  const wanted = normalize(name);
  return entries.find((entry) => entry.key === name || normalize(entry.name) === wanted);
}

function normalize(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}
