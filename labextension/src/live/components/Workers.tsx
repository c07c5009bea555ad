/** The workers of a training: a line about all, and a table that the user can fold. */

import { useState } from "preact/hooks";
import { formatBytes, formatCount, formatStepTime } from "../../shared/format";
import { t, translated } from "../../shared/translation";
import { workerStateLabel } from "../labels";
import type { Device, Worker, Workers as WorkersState } from "../protocol";
import type { RunSession } from "../session";
import { Meter } from "./Devices";
import { Icon } from "./icons";
import { ScrollBox } from "./ScrollBox";
import { WorkerLog } from "./WorkerLog";

interface WorkersProps {
  session: RunSession;
  workers: WorkersState;
  /** Whether the training runs, as far as this page knows. */
  alive: boolean;
  open: boolean;
  onOpen: (open: boolean) => void;
}

const KINDS = ["cpu", "gpu"] as const;

export function Workers({ session, workers, alive, open, onOpen }: WorkersProps) {
  const [rank, setRank] = useState<number | null>(null);
  const { rows, count } = workers;
  const hasLogs = session.interactive && session.store.connected;
  const kinds = KINDS.filter((kind) => rows.some((row) => deviceOf(row, kind)));
  const several = workers.hosts > 1;
  return (
    <details
      class="kw-workers"
      open={open}
      onToggle={(event) => {
        if (event.currentTarget.open !== open) onOpen(event.currentTarget.open);
      }}
    >
      <summary>
        <b>{t("Workers")}</b>
        <span class="kw-workers-brief">{brief(workers, alive)}</span>
      </summary>
      <ScrollBox class="kw-table" label={t("Table of workers")}>
        <table aria-label={t("Workers")}>
          <thead>
            <tr>
              <th scope="col">{t("rank")}</th>
              {several && <th scope="col">{t("computer")}</th>}
              <th scope="col">{t("state")}</th>
              <th scope="col">{t("step time")}</th>
              <th scope="col" title={t("Share of the time in which it waits for the others")}>
                {t("waiting")}
              </th>
              {alive &&
                kinds.flatMap((kind) => [
                  <th key={kind} scope="col">
                    {kind === "gpu" ? t("GPU") : t("CPU")}
                  </th>,
                  <th key={`${kind} memory`} scope="col">
                    {kind === "gpu" ? t("GPU memory") : t("memory")}
                  </th>,
                ])}
              {hasLogs && (
                <th scope="col">
                  <span class="kw-unseen">{t("Log")}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map((worker) => (
              <tr key={worker.rank}>
                <th scope="row">{worker.rank}</th>
                {several && <td class="kw-worker-host">{worker.host || "–"}</td>}
                <td class="kw-worker-state" data-state={worker.state}>
                  {workerStateLabel(worker.state)}
                  {worker.slow && (
                    <span class="kw-worker-slow" title={translated(worker.slow)}>
                      {t("slow")}
                    </span>
                  )}
                </td>
                <td>{worker.step_seconds === null ? "–" : formatStepTime(worker.step_seconds)}</td>
                <td>{worker.waiting === null ? "–" : percent(worker.waiting)}</td>
                {alive &&
                  kinds.flatMap((kind) => deviceCells(worker.rank, deviceOf(worker, kind), kind))}
                {hasLogs && (
                  <td class="kw-worker-log">
                    <button
                      type="button"
                      class="kw-toggle"
                      aria-label={t("Log of rank %1", worker.rank)}
                      aria-pressed={rank === worker.rank}
                      onClick={() => setRank(rank === worker.rank ? null : worker.rank)}
                    >
                      <Icon name="output" />
                      {t("Log")}
                    </button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      {count > rows.length && (
        <div class="kw-workers-more">
          <span>
            {t(
              "The %1 of %2 workers that stand out.",
              formatCount(rows.length),
              formatCount(count),
            )}
          </span>
          {hasLogs && <OtherLog count={count} onShow={setRank} />}
        </div>
      )}
      {hasLogs && rank !== null && open && (
        <WorkerLog
          key={rank}
          session={session}
          rank={rank}
          alive={alive}
          onClose={() => setRank(null)}
        />
      )}
    </details>
  );
}

/** Return a line about all workers. */
function brief({ hosts, step_seconds, rows }: WorkersState, alive: boolean): string {
  const slow = rows.filter((row) => row.slow).map((row) => row.rank);
  const parts = [
    // The header says how many there are.
    hosts > 1 && t("%1 computers", formatCount(hosts)),
    alive && step_seconds !== null && t("%1 a step", formatStepTime(step_seconds)),
    alive && slow.length > 0 && t("slowest: rank %1", slow[0]!),
  ];
  return parts.filter(Boolean).join(" · ");
}

function deviceOf(worker: Worker, kind: Device["kind"]): Device | undefined {
  return worker.devices.find((device) => device.kind === kind);
}

/** Return the cells of the use and the memory of a device. */
function deviceCells(rank: number, device: Device | undefined, kind: Device["kind"]) {
  const name = kind === "gpu" ? t("GPU") : t("CPU");
  const {
    use = null,
    memory_used_bytes: used = null,
    memory_total_bytes: total = null,
  } = device ?? {};
  return [
    <td key={kind} title={device?.name}>
      <span class="kw-worker-meter">
        <Meter share={use} label={t("%1 use of rank %2", name, rank)} />
        <span>{use === null ? "–" : percent(use)}</span>
      </span>
    </td>,
    <td key={`${kind} memory`} title={memoryText(used, total)}>
      <span class="kw-worker-meter">
        <Meter
          share={used !== null && total ? used / total : null}
          label={t("%1 memory of rank %2", name, rank)}
        />
        <span>{used === null ? "–" : formatBytes(used)}</span>
      </span>
    </td>,
  ];
}

function memoryText(used: number | null, total: number | null): string {
  if (used === null || total === null) return "";
  return t("%1 of %2", formatBytes(used), formatBytes(total));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A field for the log of a worker that the table does not have. */
function OtherLog({ count, onShow }: { count: number; onShow: (rank: number) => void }) {
  const [text, setText] = useState("");
  const rank = /^\s*\d+\s*$/.test(text) ? Number(text) : -1;
  const known = rank >= 0 && rank < count;
  return (
    <form
      class="kw-other-log"
      onSubmit={(event) => {
        event.preventDefault();
        if (known) onShow(rank);
      }}
    >
      <label>
        {t("Log of rank")}
        <input
          type="text"
          inputMode="numeric"
          value={text}
          placeholder={`0–${count - 1}`}
          aria-invalid={text.trim() !== "" && !known}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="kw-toggle" disabled={!known}>
        {t("Show")}
      </button>
    </form>
  );
}
