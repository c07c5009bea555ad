/** What else is known of a file: its path, remarks, the code that makes it, and a server for it. */

import { useState } from "preact/hooks";
import { formatCount } from "../../shared/format";
import { t, translated } from "../../shared/translation";
import { useInsertCell } from "../../shared/useInsertCell";
import { formatDifference } from "../labels";
import type { Code, ExportRow, WrittenServer } from "../protocol";
import { type ExportStore, messageOf } from "../store";
import { CopyButton, CopyLine } from "./CopyLine";

export function RowDetails({ store, row }: { store: ExportStore; row: ExportRow }) {
  const { difference } = row;
  return (
    <>
      {row.path !== null && (
        <p class="kw-export-path">
          <CopyLine code={row.path} />
        </p>
      )}
      {difference && (
        <p>
          {t(
            "Largest difference %1, where the largest output is %2; %3 samples.",
            formatDifference(difference.maximum),
            difference.scale.toPrecision(3),
            formatCount(difference.num_samples),
          )}
        </p>
      )}
      {row.notes.map((note, i) => (
        <p key={i}>{translated(note)}</p>
      ))}
      {store.source && row.has_code && <CodePart store={store} row={row} />}
      {store.source && row.has_server && <ServerPart store={store} row={row} />}
    </>
  );
}

function CodePart({ store, row }: { store: ExportStore; row: ExportRow }) {
  const [code, setCode] = useState<Code | null>(null);
  const [problem, setProblem] = useState("");
  const load = () => {
    if (code) return;
    store.code(row.target).then(setCode, (error) => setProblem(messageOf(error)));
  };
  return (
    <details class="kw-export-code" onToggle={load}>
      <summary>{t("Code without kwidgets")}</summary>
      {problem && <p class="kw-error">{problem}</p>}
      {code?.code && <CodeBlock heading={t("Writes the file")} code={code.code} />}
      {code?.run_code && <CodeBlock heading={t("Reads and runs it")} code={code.run_code} />}
    </details>
  );
}

function CodeBlock({ heading, code }: { heading: string; code: string }) {
  const { root, canInsert, insert } = useInsertCell();
  return (
    <section class="kw-export-block" aria-label={heading}>
      <header>
        <h4>{heading}</h4>
        <span class="kw-export-buttons" ref={root}>
          <CopyButton text={code} label={t("Copy the code: %1", heading)} />
          {canInsert && (
            <button type="button" onClick={() => insert(code)}>
              {t("Insert below")}
            </button>
          )}
        </span>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must be reachable by key */}
      <pre tabIndex={0}>{code}</pre>
    </section>
  );
}

function ServerPart({ store, row }: { store: ExportStore; row: ExportRow }) {
  const [server, setServer] = useState<WrittenServer | null>(null);
  const [state, setState] = useState({ busy: false, problem: "" });
  const write = async () => {
    setState({ busy: true, problem: "" });
    try {
      setServer(await store.writeServer(row.target));
      setState({ busy: false, problem: "" });
    } catch (error) {
      setState({ busy: false, problem: messageOf(error) });
    }
  };
  return (
    <div class="kw-export-server">
      <span class="kw-export-buttons">
        <button
          type="button"
          aria-busy={state.busy}
          disabled={state.busy}
          title={t("A folder with a small web server for this file, a client, and a Dockerfile")}
          onClick={() => void write()}
        >
          {t("Write a server")}
        </button>
      </span>
      <div role="status">
        {state.problem && <p class="kw-error">{state.problem}</p>}
        {server && (
          <>
            <p>
              {t("Written: %1, in", server.files.join(", "))}{" "}
              <span class="kw-export-path">{server.folder}</span>
            </p>
            <p>
              {t("Start it there with:")} <CopyLine code={server.command} />
            </p>
          </>
        )}
      </div>
    </div>
  );
}
