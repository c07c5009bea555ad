/** Lets the browser save data as a file. */

export function downloadBlob(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Return `text` as a file's name without its ending, or `otherwise` if nothing of it is left. */
export function fileName(text: string, otherwise: string): string {
  return text.replace(/[^\w.-]+/g, "_").replace(/^_+|_+$/g, "") || otherwise;
}
