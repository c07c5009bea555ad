/** Makes ids for messages and runs. */

/** Return an id that no other view of the same kernel uses. */
export function newId(): string {
  // crypto.randomUUID needs https or localhost; a hub on plain http has neither.
  return [...crypto.getRandomValues(new Uint32Array(4))]
    .map((part) => part.toString(16).padStart(8, "0"))
    .join("");
}
