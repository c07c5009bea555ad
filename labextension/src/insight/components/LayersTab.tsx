/** The Layers tab: each layer's weights, how they change, and what of them is wrong. */

import { useRef } from "preact/hooks";
import { formatCount } from "../../shared/format";
import { useSubscription } from "../../shared/hooks";
import { t, translated } from "../../shared/translation";
import type { LayersPart } from "../protocol";
import { readLayers } from "../readParts";
import type { InsightSource } from "../source";
import { EmptyState, RequestNote } from "./EmptyState";
import { Findings } from "./Findings";
import { type Requests, useHold, useRequests, useWatch } from "./hooks";
import { LayerRow } from "./LayerRow";
import { ScrollTable } from "./ScrollTable";

export function LayersTab({ source }: { source: InsightSource }) {
  const { store, fit } = source;
  useSubscription(store);
  const place = useRef<HTMLDivElement>(null);
  useWatch(source, place, { request: "watch", tab: "layers" });
  const requests = useRequests(source);
  const part = readLayers(store, fit);
  return (
    <div class="kw-i" ref={place}>
      {part?.state === "ready" ? (
        <Layers part={part} requests={source.interactive ? requests : null} />
      ) : part?.state === "off" ? (
        <EmptyState text={t("Layers are not shown for this fit.")} reason={part.reason} />
      ) : (
        <EmptyState
          text={
            source.interactive
              ? t("First reading in 2 s")
              : t("No reading of the layers was saved.")
          }
        />
      )}
    </div>
  );
}

function Layers({ part, requests }: { part: LayersPart; requests: Requests | null }) {
  const { value, handlers } = useHold(part);
  const isMeasured = value.layers.some(({ measured }) => measured);
  const header = (text: string, title: string) => (
    <th scope="col" title={title}>
      {text}
    </th>
  );
  return (
    <>
      {part.findings.length > 0 && (
        <Findings
          findings={part.findings}
          onDismiss={
            requests && ((finding) => requests.send({ request: "dismiss_finding", finding }))
          }
        />
      )}
      <div class="kw-i-head">
        <h3>{t("Layers after step %1", formatCount(value.step))}</h3>
        {requests && <MeasureButton part={part} requests={requests} />}
      </div>
      <RequestNote requests={requests} />
      <div class="kw-i-layers" {...handlers}>
        <ScrollTable label={t("Layers")}>
          <thead>
            <tr>
              {header(t("layer"), t("Layers with weights, in the order of the model"))}
              {header(t("norm"), t("Norm of the weights, and over the last readings"))}
              {header(
                t("update a step"),
                t("Size of the change of one step, as a share of the weights; 0.001 is usual"),
              )}
              {header(t("gradient"), t("Root mean square, averaged by the optimizer"))}
              {header(t("zeros"), t("Share of the weights that are 0"))}
              {header(t("weights"), t("Histogram of the weights: latest, over the first reading"))}
              {isMeasured && (
                <>
                  {header(t("gradient, measured"), t("Root mean square over one batch"))}
                  {header(t("activation"), t("Mean ± standard deviation over one batch"))}
                  {header(t("zeros of it"), t("Share of the activations that are 0"))}
                  {header(t("dead units"), t("Share of the units that are 0 for every sample"))}
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {value.layers.map((layer) => (
              <LayerRow key={layer.name} layer={layer} isMeasured={isMeasured} />
            ))}
          </tbody>
        </ScrollTable>
      </div>
    </>
  );
}

function MeasureButton({ part, requests }: { part: LayersPart; requests: Requests }) {
  const { measure, measure_reason } = part;
  const isBusy = measure === "preparing" || requests.pending === "measure_layers";
  const reason = measure_reason ? translated(measure_reason) : "";
  return (
    <>
      <button
        type="button"
        aria-busy={isBusy}
        disabled={measure === "off"}
        onClick={() => {
          if (!isBusy) requests.send({ request: "measure_layers" });
        }}
      >
        {isBusy
          ? t("Preparing…")
          : measure === "measured"
            ? t("Measure again")
            : t("Measure gradients and activations")}
      </button>
      <span class="kw-i-note">
        {reason || (measure === "available" && t("takes a few seconds once"))}
      </span>
    </>
  );
}
