/** What a sample looks like: a picture, text, a row, lines, sound. */

import { t } from "../../shared/translation";
import type { Box, Explanation, Looks, Task } from "../protocol";
import { Lines } from "./Lines";
import { PlayButton } from "./PlayButton";
import { RowView } from "./RowView";
import { TextView } from "./TextView";

export interface LooksViewProps {
  looks: Looks;
  pictures: ReadonlyMap<string, string>;
  task: Task;
  /** Whether masks and boxes are drawn over the picture. */
  overlay: boolean;
  size: "small" | "large";
  explanation?: Explanation | null;
}

/** Return whether anything is drawn over the picture: a mask, or boxes. */
export function hasOverlay(looks: Looks, task: Task): boolean {
  if (looks.true_boxes || looks.predicted_boxes) return true;
  return task === "segmentation" && Boolean(looks.true_picture || looks.predicted_picture);
}

export function LooksView(props: LooksViewProps) {
  const { looks, size, explanation } = props;
  const shares = explanation?.shares ?? null;
  switch (looks.kind) {
    case "picture":
      return <Pictures {...props} />;
    case "text":
      return <TextView text={looks.text ?? ""} shares={shares} size={size} />;
    case "row":
      return (
        <RowView
          row={looks.row ?? []}
          count={looks.row_count ?? looks.row?.length ?? 0}
          shares={shares}
          size={size}
        />
      );
    case "series":
    case "sound":
      return (
        <span class="kw-i-sound">
          <Lines looks={looks} size={size} shares={shares} />
          {size === "large" && looks.kind === "sound" && looks.sample_rate && (
            <PlayButton samples={looks.series?.[0] ?? []} rate={looks.sample_rate} />
          )}
        </span>
      );
    default:
      return <span class="kw-i-values">{looks.text}</span>;
  }
}

/** The picture, beside or under its mask, its boxes, or what the model made of it. */
function Pictures({ looks, pictures, task, overlay, size, explanation }: LooksViewProps) {
  const { picture, true_picture, predicted_picture } = looks;
  const heat = explanation?.picture ?? undefined;
  const named = (hash: string | undefined, name: string, over?: string, boxes?: readonly Box[]) =>
    hash && (
      <Picture
        key={name}
        url={pictures.get(hash)}
        over={over ? pictures.get(over) : undefined}
        boxes={boxes}
        caption={name}
        size={size}
      />
    );
  const isMask = task === "segmentation";
  const hasTwo = true_picture || predicted_picture;
  if (hasTwo && isMask && overlay) {
    return (
      <span class="kw-i-pictures">
        {named(picture, t("true"), true_picture)}
        {named(picture, t("predicted"), predicted_picture)}
      </span>
    );
  }
  if (hasTwo) {
    return (
      <span class="kw-i-pictures">
        {named(picture, t("input"))}
        {named(true_picture, t("true"))}
        {named(predicted_picture, isMask ? t("predicted") : t("output"))}
      </span>
    );
  }
  const boxes = overlay
    ? [...(looks.true_boxes ?? []), ...(looks.predicted_boxes ?? [])]
    : undefined;
  return (
    <span class="kw-i-pictures">
      <Picture url={pictures.get(picture ?? "")} boxes={boxes} size={size} />
      {heat && (
        <Picture
          url={pictures.get(picture ?? "")}
          over={pictures.get(heat)}
          caption={t("what counts")}
          size={size}
        />
      )}
    </span>
  );
}

interface PictureProps {
  url: string | undefined;
  /** Drawn over it, half transparent. */
  over?: string | undefined;
  /** Predicted ones have a score and are dashed. */
  boxes?: readonly Box[] | undefined;
  caption?: string;
  size: "small" | "large";
}

function Picture({ url, over, boxes, caption, size }: PictureProps) {
  return (
    <span class="kw-i-picture" data-size={size}>
      <span class="kw-i-picture-frame">
        {url ? <img src={url} alt="" draggable={false} /> : <span class="kw-i-no-picture" />}
        {over && <img class="kw-i-over" src={over} alt="" draggable={false} />}
        {boxes && <Boxes boxes={boxes} size={size} />}
      </span>
      {caption && <span class="kw-i-caption">{caption}</span>}
    </span>
  );
}

function Boxes({ boxes, size }: { boxes: readonly Box[]; size: "small" | "large" }) {
  return (
    <>
      <svg class="kw-i-boxes" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        {boxes.map((box, i) => (
          <rect
            key={i}
            x={100 * box.left}
            y={100 * box.top}
            width={Math.max(0, 100 * (box.right - box.left))}
            height={Math.max(0, 100 * (box.bottom - box.top))}
            data-predicted={box.score !== null}
          />
        ))}
      </svg>
      {size === "large" &&
        boxes.map((box, i) => (
          <span
            key={i}
            class="kw-i-box-name"
            data-predicted={box.score !== null}
            style={{
              left: `${100 * box.left}%`,
              top: `${100 * (box.score === null ? box.top : box.bottom)}%`,
            }}
          >
            {box.score === null ? box.name : `${box.name} ${box.score.toFixed(2)}`}
          </span>
        ))}
    </>
  );
}
