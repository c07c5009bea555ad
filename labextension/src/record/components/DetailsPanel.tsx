/** One run: what it is called, how it went, what was trained, its marks, acts and checkpoints. */

import { formatBytes, formatCount, formatDuration, formatValue } from "../../shared/format";
import { t, translated } from "../../shared/translation";
import { useInsertCell } from "../../shared/useInsertCell";
import {
  fullTimeLabel,
  parentLabel,
  partLabel,
  reasonLabel,
  stateExplanation,
  stateLabel,
} from "../labels";
import { type ActRow, PARTS, type RunDetails, type RunRow, type Setting } from "../protocol";
import type { RunsStore } from "../store";
import { EditableText } from "./EditableText";
import { Panel } from "./Panel";
import { RunActions } from "./RunActions";
import { type Loaders, RunTabs } from "./RunTabs";

interface DetailsPanelProps {
  store: RunsStore;
  run: string;
  /** Without them there are no tabs. */
  loaders: Loaders | null;
  themeRevision: number;
}

export function DetailsPanel({ store, run, loaders, themeRevision }: DetailsPanelProps) {
  const row = store.rows?.get(run);
  if (!row) return null;
  const { details, panelProblem, open } = store;
  const [title, number] = [store.titleOf(run), store.titleNumber(run)];
  const overview = (
    <>
      <Facts store={store} row={row} />
      {panelProblem ? (
        <p class="kw-error" role="alert">
          {panelProblem}
        </p>
      ) : details?.run === run ? (
        <>
          <RunActions store={store} row={row} details={details} />
          <Recorded details={details} />
        </>
      ) : (
        <p class="kw-waiting">{t("Reading the run…")}</p>
      )}
    </>
  );
  return (
    <Panel
      label={t("Details of %1", title)}
      heading={
        <>
          <EditableText
            value={row.name}
            label={t("Name of %1", title)}
            placeholder={row.model_name || row.id}
            onSave={(name) => store.edit(run, { name })}
          />
          {number !== null && <span class="kw-run-number"> #{number}</span>}
        </>
      }
      onClose={() => void store.showDetails(null)}
    >
      {loaders && open && store.source ? (
        <RunTabs
          store={store}
          open={open}
          themeRevision={themeRevision}
          overview={overview}
          {...loaders}
        />
      ) : (
        overview
      )}
    </Panel>
  );
}

/** What the list knows of the run already. */
function Facts({ store, row }: { store: RunsStore; row: RunRow }) {
  const title = store.titleOf(row.id);
  const facts: [string, preact.ComponentChildren][] = [
    [
      t("State"),
      <span key="state" class="kw-run-state" data-state={row.state} data-diverged={row.diverged}>
        {stateLabel(row)}
      </span>,
    ],
    [t("Started"), fullTimeLabel(row.created)],
    [t("Duration"), formatDuration(row.seconds)],
    [
      t("Trained"),
      t(
        "%1 of %2 epochs, step %3",
        formatCount(row.epoch),
        row.epochs ? formatCount(row.epochs) : "?",
        formatCount(row.step),
      ),
    ],
    [t("Model"), row.model_name || "–"],
    [t("Optimizer"), row.optimizer || "–"],
    [t("Backend"), [row.backend, row.device].filter(Boolean).join(", ") || "–"],
    [t("Notebook"), row.notebook ?? "–"],
    [
      t("Size"),
      row.checkpoint_bytes
        ? t("%1, of it %2 checkpoints", formatBytes(row.bytes), formatBytes(row.checkpoint_bytes))
        : formatBytes(row.bytes),
    ],
    [t("Id"), row.id],
  ];
  if (row.parent) {
    const { run: parent } = row.parent;
    const text = parentLabel(row, store.titleOf(parent));
    facts.push([
      t("Origin"),
      store.rows?.has(parent) ? (
        <button type="button" class="kw-link" onClick={() => void store.showDetails(parent)}>
          {text}
        </button>
      ) : (
        text
      ),
    ]);
  }
  const explanation = stateExplanation(row);
  return (
    <>
      {explanation && <p class="kw-hint">{explanation}</p>}
      <dl class="kw-run-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div>
          <dt>{t("Tags")}</dt>
          <dd>
            <EditableText
              value={row.tags.join(", ")}
              label={t("Tags of %1", title)}
              placeholder={t("Add tags")}
              onSave={(text) => store.edit(row.id, { tags: text.split(",") })}
            />
          </dd>
        </div>
        <div class="kw-run-wide">
          <dt>{t("Notes")}</dt>
          <dd>
            <EditableText
              value={row.notes}
              label={t("Notes on %1", title)}
              placeholder={t("Add notes")}
              multiline
              onSave={(notes) => store.edit(row.id, { notes })}
            />
          </dd>
        </div>
      </dl>
    </>
  );
}

function Recorded({ details }: { details: RunDetails }) {
  const { code, marks, acts, checkpoints, layers, parameters } = details;
  const parts = PARTS.filter((part) => details[part].length);
  return (
    <div class="kw-run-recorded">
      {code && (
        <Section name={t("Code")} open>
          <CodeBlock code={code} />
        </Section>
      )}
      {layers && (
        <Section
          name={[
            layers.length === 1 ? t("1 layer") : t("%1 layers", formatCount(layers.length)),
            parameters === null
              ? ""
              : parameters === 1
                ? t("1 parameter")
                : t("%1 parameters", formatCount(parameters)),
          ]
            .filter(Boolean)
            .join(", ")}
        >
          <Settings settings={layers} />
        </Section>
      )}
      {parts.map((part) => (
        <Section key={part} name={partLabel(part)}>
          <Settings settings={details[part]} />
        </Section>
      ))}
      {marks.length > 0 && (
        <Section name={marks.length === 1 ? t("1 mark") : t("%1 marks", formatCount(marks.length))}>
          <ol class="kw-run-list">
            {marks.map((mark, i) => (
              <li key={i}>
                {translated(mark.text)}{" "}
                <span class="kw-run-aside">
                  {t(
                    "epoch %1, step %2",
                    formatCount(Math.max(1, Math.ceil(mark.epoch - 1e-6))),
                    formatCount(mark.step),
                  )}
                </span>
              </li>
            ))}
          </ol>
        </Section>
      )}
      {acts.length > 0 && (
        <Section
          name={
            acts.length === 1
              ? t("1 intervention")
              : t("%1 interventions", formatCount(acts.length))
          }
        >
          <ol class="kw-run-list">
            {acts.map((act, i) => (
              <li key={i}>
                {actLabel(act)}{" "}
                <span class="kw-run-aside">
                  {/* Both from 1, as all views count. */}
                  {t("before batch %1 of epoch %2", act.batch + 1, act.epoch + 1)}
                </span>
              </li>
            ))}
          </ol>
        </Section>
      )}
      {checkpoints.length > 0 && (
        <Section
          name={
            checkpoints.length === 1
              ? t("1 checkpoint")
              : t("%1 checkpoints", formatCount(checkpoints.length))
          }
        >
          <ul class="kw-run-list">
            {checkpoints.map((each) => (
              <li key={each.name}>
                {t("step %1", formatCount(each.step))}{" "}
                <span class="kw-run-aside">
                  {[each.label || reasonLabel(each), formatBytes(each.bytes)].join(", ")}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <p class="kw-hint kw-run-path">{details.path}</p>
    </div>
  );
}

function Section(props: { name: string; open?: boolean; children: preact.ComponentChildren }) {
  return (
    <details class="kw-run-section" open={props.open}>
      <summary>{props.name}</summary>
      {props.children}
    </details>
  );
}

function Settings({ settings }: { settings: readonly Setting[] }) {
  return (
    <table class="kw-changes">
      <tbody>
        {settings.map(({ name, value }) => (
          <tr key={name}>
            <th scope="row">{name || "–"}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function CodeBlock({ code }: { code: string }) {
  const { root, canInsert, insert } = useInsertCell();
  return (
    <div class="kw-run-code">
      <pre>{code}</pre>
      <span ref={root}>
        {canInsert && (
          <button
            type="button"
            title={t("Inserts the code of the cell below, to run it again. It is not run.")}
            onClick={() => insert(code)}
          >
            {t("Insert the code")}
          </button>
        )}
      </span>
    </div>
  );
}

function actLabel({ do: act, value }: ActRow): string {
  const labels: Record<string, string> = {
    learning_rate: t("Learning rate set to %1", value === null ? "?" : formatValue(value)),
    follow_schedule: t("Learning rate follows the schedule again"),
    stop: t("Stop"),
    pause: t("Pause"),
    resume: t("Resume"),
    restore: t("Weights restored"),
  };
  return labels[act] ?? act;
}
