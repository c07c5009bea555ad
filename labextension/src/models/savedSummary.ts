/** Unpacks and parses a summary that is saved in a notebook. */

import { checkVersion } from "../shared/checkVersion";
import { Fields } from "../shared/fields";
import { t } from "../shared/translation";
import { parseEntry, parseSummary } from "./parse";
import type { ModelEntry, ModelSummary } from "./protocol";

/** A summary of 20,000 layers; a small file may unpack to any size. */
export const MAX_UNPACKED_BYTES = 16_000_000;
const PIECE_BYTES = 4096;
const MAX_PACKED_LENGTH = 16_000_000;

/** Unpack and parse a summary saved in a notebook. Throws if it cannot be read. */
export async function parseSavedSummary(
  data: unknown,
): Promise<{ entry: ModelEntry; summary: ModelSummary }> {
  const message = new Fields(data, "summary");
  checkVersion(message, { saved: true });
  const text = await unpack(message.string("payload"));
  const fields = new Fields(JSON.parse(text), "summary");
  return {
    entry: parseEntry(fields.fields("entry")),
    summary: parseSummary(fields.value("summary")),
  };
}

/** Return the text of gzipped bytes in base64; throws if it is too long. */
async function unpack(payload: string): Promise<string> {
  if (payload.length > MAX_PACKED_LENGTH) throw tooLarge();
  const packed = Uint8Array.from(atob(payload), (c) => c.charCodeAt(0));
  const reader = inPieces(packed).pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts: BlobPart[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).text();
    size += value.byteLength;
    if (size > MAX_UNPACKED_BYTES) {
      await reader.cancel();
      throw tooLarge();
    }
    parts.push(value as BlobPart);
  }
}

/** Chromium unpacks each piece whole before anything is read, and gzip packs up to a thousandfold. */
function inPieces(bytes: Uint8Array<ArrayBuffer>): ReadableStream<BufferSource> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) {
        controller.close();
        return;
      }
      controller.enqueue(bytes.subarray(at, at + PIECE_BYTES));
      at += PIECE_BYTES;
    },
  });
}

function tooLarge(): Error {
  return new Error(t("It is larger than %1 MB.", MAX_UNPACKED_BYTES / 1_000_000));
}
