/** How two runs differ: layers, settings, code, data and versions. */

import { formatCount } from "../../shared/format";
import { t } from "../../shared/translation";
import { partLabel } from "../labels";
import { type Change, type Difference, type LayerChange, PARTS } from "../protocol";
import type { RunsStore } from "../store";
import { Panel } from "./Panel";

export function DifferencePanel({ store }: { store: RunsStore }) {
  const { difference, panelProblem } = store;
  const [before = "", after = ""] = (store.pair ?? []).map((id) => store.titleOf(id));
  return (
    <Panel
      label={t("Differences of %1 and %2", before, after)}
      heading={
        <>
          {t("Differences")} <span class="kw-run-pair">{`${before} → ${after}`}</span>
        </>
      }
      onClose={() => store.closePanel()}
    >
      {panelProblem ? (
        <p class="kw-error" role="alert">
          {panelProblem}
        </p>
      ) : difference ? (
        <DifferenceView difference={difference} before={before} after={after} />
      ) : (
        <p class="kw-waiting">{t("Comparing…")}</p>
      )}
    </Panel>
  );
}

interface DifferenceViewProps {
  difference: Difference;
  before: string;
  after: string;
}

function DifferenceView({ difference, before, after }: DifferenceViewProps) {
  const parts = (["model", ...PARTS] as const).filter((part) => difference[part].length);
  const { layers, parameters, code, missing } = difference;
  const [old, now] = parameters;
  if (!parts.length && !layers.length && !code && !missing.length) {
    return <p class="kw-run-same">{t("Nothing that was recorded of both differs.")}</p>;
  }
  return (
    <div class="kw-run-difference">
      {layers.length > 0 && (
        <div>
          <h4>
            {t("Layers")}
            {old != null && now != null && old !== now && (
              <span class="kw-run-aside">
                {t("%1 → %2 parameters", formatCount(old), formatCount(now))}
              </span>
            )}
          </h4>
          <ul class="kw-layer-changes">
            {layers.map((layer) => (
              <Layer key={`${layer.what} ${layer.name}`} layer={layer} />
            ))}
          </ul>
        </div>
      )}
      {parts.map((part) => (
        <div key={part}>
          <h4>{partLabel(part)}</h4>
          <table class="kw-changes" aria-label={partLabel(part)}>
            <thead>
              <tr>
                <th scope="col">{t("Setting")}</th>
                <th scope="col">{before}</th>
                <th scope="col">{after}</th>
              </tr>
            </thead>
            <tbody>
              {difference[part].map((change) => (
                <ChangeRow key={change.name} change={change} />
              ))}
            </tbody>
          </table>
        </div>
      ))}
      {code && (
        <div class="kw-run-wide">
          <h4>{t("Code")}</h4>
          <CodeDiff diff={code} />
        </div>
      )}
      {missing.length > 0 && (
        <p class="kw-hint kw-run-wide">
          {t("Not recorded of both runs, so not compared: %1", missing.join(", "))}
        </p>
      )}
    </div>
  );
}

const SIGNS = { added: "+", removed: "−", changed: "~" } as const;

function Layer({ layer: { what, name, class_name, settings } }: { layer: LayerChange }) {
  const words = { added: t("added"), removed: t("removed"), changed: t("changed") };
  return (
    <li data-what={what}>
      <b aria-hidden="true">{SIGNS[what]}</b>
      <span class="kw-unseen">{words[what]}</span>
      <span>
        {class_name} <span class="kw-layer-name">{name}</span>
        {settings.map(({ name, before, after }) => (
          <span key={name} class="kw-layer-setting">
            {`${name}: ${before ?? "–"} → ${after ?? "–"}`}
          </span>
        ))}
      </span>
    </li>
  );
}

function ChangeRow({ change: { name, before, after } }: { change: Change }) {
  return (
    <tr>
      <th scope="row">{name || "–"}</th>
      <td data-missing={before === null}>{before ?? "–"}</td>
      <td data-missing={after === null}>{after ?? "–"}</td>
    </tr>
  );
}

/** A unified diff, each line with its sign. */
export function CodeDiff({ diff }: { diff: string }) {
  const kinds: Record<string, string> = { "+": "added", "-": "removed", "@": "place" };
  return (
    <pre class="kw-code-diff">
      {diff.split("\n").map((line, i) => (
        <span key={i} data-what={kinds[line[0] ?? ""]}>
          {line[0] === "@" ? "⋯" : line || " "}
          {"\n"}
        </span>
      ))}
    </pre>
  );
}
