/** The Data tab: what is wrong with the data, and what is in them. */

import { useRef, useState } from "preact/hooks";
import { formatCount, formatShort } from "../../shared/format";
import { useSubscription } from "../../shared/hooks";
import { t, translated } from "../../shared/translation";
import { formatShare } from "../labels";
import type { Balance, DataPart, Sample, ValueRange } from "../protocol";
import { readData } from "../readParts";
import type { InsightSource } from "../source";
import { EmptyState, RequestNote } from "./EmptyState";
import { Findings } from "./Findings";
import { lacksPicture, useRequests, useWatch } from "./hooks";
import { SampleDialog } from "./SampleDialog";
import { SampleList } from "./SampleList";
import { ScrollTable } from "./ScrollTable";

export function DataTab({ source }: { source: InsightSource }) {
  const { store, fit, interactive } = source;
  useSubscription(store);
  const place = useRef<HTMLDivElement>(null);
  const part = readData(store, fit);
  // After a reload the page may have those of other tabs, and the kernel takes these for sent too.
  const lacks = part?.samples.some(({ looks }) => lacksPicture(looks, store));
  useWatch(source, place, { request: "watch", tab: "data" }, lacks ? "samples" : "");
  const requests = useRequests(source);
  const isLooking = requests.pending === "look_at_data";
  const lookAgain = interactive && (
    <button
      type="button"
      aria-busy={isLooking}
      onClick={() => {
        if (!isLooking) requests.send({ request: "look_at_data" });
      }}
    >
      {t("Look again")}
    </button>
  );
  return (
    <div class="kw-i" ref={place}>
      {part?.state === "ready" ? (
        <>
          <div class="kw-i-head">
            <h3>{titleOf(part)}</h3>
            {lookAgain}
            <span class="kw-i-note">
              {part.part_of && t("Looked at: %1", translated(part.part_of))}{" "}
              {part.dismissed > 0 &&
                (part.dismissed === 1
                  ? t("1 finding dismissed")
                  : t("%1 findings dismissed", formatCount(part.dismissed)))}
            </span>
          </div>
          <RequestNote requests={requests} />
          <Findings
            findings={part.findings}
            onDismiss={
              interactive
                ? (finding) => requests.send({ request: "dismiss_finding", finding })
                : null
            }
          />
          {part.balance && <BalanceView balance={part.balance} />}
          <Samples source={source} samples={part.samples} />
          <Ranges inputs={part.inputs} />
        </>
      ) : part?.state === "off" ? (
        <EmptyState text={t("The data of this fit are not shown.")} reason={part.reason} />
      ) : (
        <EmptyState
          text={
            interactive
              ? t("The data are looked at when the training begins.")
              : t("Nothing about the data was saved.")
          }
          reason={part?.reason ?? null}
        >
          {lookAgain}
        </EmptyState>
      )}
    </div>
  );
}

function titleOf({ findings }: DataPart): string {
  if (findings.length === 0) return t("No problems found by these checks");
  return findings.length === 1 ? t("1 finding") : t("%1 findings", findings.length);
}

/** Samples by class, as bars: training beside validation. */
function BalanceView({ balance: { names, training, validation } }: { balance: Balance }) {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  const [all, allValidation] = [sum(training), sum(validation ?? [])];
  const most = Math.max(
    ...training.map((count) => count / all),
    ...(validation ?? []).map((count) => count / allValidation),
  );
  const bar = (count: number, total: number, split: string) => (
    <td>
      <span class="kw-i-balance">
        <span>
          <span
            data-split={split}
            style={{ width: `${total && most ? (100 * count) / total / most : 0}%` }}
          />
        </span>
        <span>{formatCount(count)}</span>
        {count === 0 ? (
          <b class="kw-i-mark">{t("missing")}</b>
        ) : (
          <span class="kw-i-note">{formatShare(count / total)}</span>
        )}
      </span>
    </td>
  );
  return (
    <section class="kw-i-box kw-i-balances">
      <div class="kw-i-head">
        <h3>{t("Balance of the classes")}</h3>
      </div>
      <ScrollTable label={t("Balance of the classes")}>
        <thead>
          <tr>
            <th scope="col">{t("class")}</th>
            <th scope="col">{t("training")}</th>
            {validation && <th scope="col">{t("validation")}</th>}
          </tr>
        </thead>
        <tbody>
          {names.map((name, i) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {bar(training[i] ?? 0, all, "training")}
              {validation && bar(validation[i] ?? 0, allValidation, "validation")}
            </tr>
          ))}
        </tbody>
      </ScrollTable>
    </section>
  );
}

function Samples({ source, samples }: { source: InsightSource; samples: readonly Sample[] }) {
  const [open, setOpen] = useState<{ sample: Sample; opener: HTMLElement } | null>(null);
  if (samples.length === 0) return null;
  const common = { task: "unknown" as const, overlay: true };
  return (
    <section class="kw-i-box">
      <div class="kw-i-head">
        <h3>{t("Samples")}</h3>
      </div>
      <SampleList
        label={t("Samples")}
        samples={samples}
        store={source.store}
        onOpen={(sample, opener) => setOpen({ sample, opener })}
        {...common}
      />
      {open && (
        <SampleDialog
          key={open.sample.key}
          source={source}
          {...open}
          isPredicted={false}
          onOverlay={() => {}}
          onClose={() => setOpen(null)}
          {...common}
        />
      )}
    </section>
  );
}

function Ranges({ inputs }: { inputs: readonly ValueRange[] }) {
  if (inputs.length === 0) return null;
  const wrong = (count: number) => (
    <td data-wrong={count > 0}>
      {formatCount(count)}
      {count > 0 && <b class="kw-i-mark"> !</b>}
    </td>
  );
  return (
    <section class="kw-i-box">
      <div class="kw-i-head">
        <h3>{t("Ranges")}</h3>
      </div>
      <ScrollTable label={t("Ranges")}>
        <thead>
          <tr>
            <th scope="col">{t("name")}</th>
            <th scope="col">{t("data")}</th>
            <th scope="col">{t("shape")}</th>
            <th scope="col">{t("dtype")}</th>
            <th scope="col">{t("least")}</th>
            <th scope="col">{t("greatest")}</th>
            <th scope="col">{t("mean ± std")}</th>
            <th scope="col">{t("NaN")}</th>
            <th scope="col">{t("infinite")}</th>
          </tr>
        </thead>
        <tbody>
          {inputs.map((input) => (
            <tr key={`${input.name} ${input.split}`}>
              <th scope="row">{input.name}</th>
              <td>{input.split === "training" ? t("training") : t("validation")}</td>
              <td>({input.shape.map((size) => size ?? t("batch")).join(", ")})</td>
              <td>{input.dtype}</td>
              <td>{formatShort(input.low)}</td>
              <td>{formatShort(input.high)}</td>
              <td>
                {formatShort(input.mean)} ± {formatShort(input.deviation)}
              </td>
              {wrong(input.nan)}
              {wrong(input.infinite)}
            </tr>
          ))}
        </tbody>
      </ScrollTable>
    </section>
  );
}
