/** The panel's commands: show models, and pause, resume and stop the running fit. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import type { INotebookTracker } from "@jupyterlab/notebook";
import type { RunSession } from "../../live/session";
import { isActive } from "../../models/runs";
import { t } from "../../shared/translation";
import type { CurrentNotebook } from "./currentNotebook";
import { NameAtCursor } from "./nameAtCursor";
import { panelIcon } from "./widget";

export const OPEN_PANEL = "kwidgets:open-panel";
export const SHOW_SUMMARY = "kwidgets:show-model-summary";
export const PAUSE = "kwidgets:pause-training";
export const RESUME = "kwidgets:resume-training";
export const STOP = "kwidgets:stop-training";

/** In the order of the command palette. */
export const COMMANDS = [OPEN_PANEL, SHOW_SUMMARY, PAUSE, RESUME, STOP];

interface Context {
  tracker: INotebookTracker;
  currentNotebook: CurrentNotebook;
  show: () => void;
}

export function addCommands(
  app: JupyterFrontEnd,
  { tracker, currentNotebook, show }: Context,
): void {
  const { commands } = app;
  commands.addCommand(OPEN_PANEL, {
    label: t("Show Keras Models"),
    icon: panelIcon,
    execute: show,
  });

  const cursor = new NameAtCursor(tracker);
  commands.addCommand(SHOW_SUMMARY, {
    label: t("Show Model Summary"),
    caption: t("Show the Keras model under the cursor in the side panel"),
    icon: panelIcon,
    isEnabled: () => tracker.activeCell !== null,
    execute: ({ fromMenu }) => {
      show();
      reveal(currentNotebook, cursor.names(fromMenu === true));
    },
  });

  const addSteeringCommand = (
    id: string,
    label: string,
    status: string[],
    kind: "pause" | "resume" | "stop",
  ) => {
    const running = () => {
      const session = activeSession(currentNotebook);
      return session && status.includes(session.store.progress?.status ?? "") ? session : null;
    };
    commands.addCommand(id, {
      label,
      isEnabled: () => running() !== null,
      execute: async () => {
        const reply = await running()?.send(kind, {}).reply;
        if (reply && !reply.ok) Notification.error(reply.message);
      },
    });
  };
  addSteeringCommand(PAUSE, t("Pause Keras Training"), ["running"], "pause");
  addSteeringCommand(RESUME, t("Resume Keras Training"), ["paused"], "resume");
  addSteeringCommand(
    STOP,
    t("Stop Keras Training After This Batch"),
    ["running", "paused"],
    "stop",
  );
  currentNotebook.subscribe(() => {
    for (const id of [PAUSE, RESUME, STOP]) commands.notifyCommandChanged(id);
  }, new AbortController().signal);
}

/** Unfold the model that one of `names` refers to, or notify the user that there is none. */
function reveal(currentNotebook: CurrentNotebook, names: string[]): void {
  const { state } = currentNotebook;
  if (state.is !== "open") return; // The panel shows why.
  const { store } = state.models;
  for (const name of names) {
    const entry = store.entries?.find((candidate) => candidate.names.includes(name));
    if (entry) {
      store.reveal(entry.key);
      return;
    }
  }
  Notification.info(
    names[0]
      ? t("%1 is not a Keras model in this kernel.", names[0])
      : t("There is no name under the cursor."),
    { autoClose: 4000 },
  );
}

function activeSession(currentNotebook: CurrentNotebook): RunSession | null {
  const { state } = currentNotebook;
  if (state.is !== "open") return null;
  const run = state.models.runs.find(isActive);
  return run ? state.models.session(run.run_id) : null;
}
