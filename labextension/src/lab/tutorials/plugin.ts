/** The JupyterLab plugin of the tutorials: cards in the launcher, commands in the palette. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, Notification } from "@jupyterlab/apputils";
import { LabIcon } from "@jupyterlab/ui-components";
import { t } from "../../shared/translation";
import type { Channels } from "../kernel/channelByKernel";
import { optionalService } from "../optionalService";
import { IChannels } from "../pluginTokens";
import { iconOf } from "./icons";
import { freeName, notebookOf, tutorials } from "./tutorials";

const OPEN_TUTORIAL = "kwidgets:open-tutorial";

export const tutorialsPlugin: JupyterFrontEndPlugin<void> = {
  id: "kwidgets:tutorials",
  description: "Cards in the launcher that open a new copy of a Keras tutorial.",
  autoStart: true,
  // The plugin that provides the channels has set the language.
  requires: [IChannels],
  optional: [ICommandPalette],
  activate: async (app: JupyterFrontEnd, _channels: Channels, palette: ICommandPalette | null) => {
    const [launcher, browser] = await Promise.all([
      optionalService(app, import("@jupyterlab/launcher"), ({ ILauncher }) => ILauncher),
      optionalService(
        app,
        import("@jupyterlab/filebrowser"),
        ({ IDefaultFileBrowser }) => IDefaultFileBrowser,
      ),
    ]);
    const { commands } = app;
    // Numbers keep the palette, which sorts by label, in the order of the launcher.
    const label = (name: unknown, isPalette: boolean) => {
      const index = tutorials().findIndex((tutorial) => tutorial.name === name);
      const title = tutorials()[index]?.title ?? "";
      return isPalette
        ? t("Open Tutorial %1: %2", index + 1, title)
        : t("%1. %2", index + 1, title);
    };
    const icons = new Map(
      tutorials().map(({ name }) => [
        name,
        new LabIcon({ name: `kwidgets:tutorial-${name}`, svgstr: iconOf(name) }),
      ]),
    );
    commands.addCommand(OPEN_TUTORIAL, {
      label: ({ name, isPalette }) => label(name, isPalette === true),
      caption: t("Open a new copy of this tutorial in the current folder"),
      icon: ({ name }) => icons.get(String(name)),
      execute: async ({ name, cwd }) => {
        const folder = String(cwd ?? browser?.model.path ?? "");
        try {
          const path = await copyInto(app, folder, String(name));
          return await commands.execute("docmanager:open", { path, factory: "Notebook" });
        } catch (error) {
          Notification.error(t("Cannot copy the tutorial into this folder: %1", String(error)));
          return undefined;
        }
      },
    });
    tutorials().forEach(({ name }, rank) => {
      launcher?.add({
        command: OPEN_TUTORIAL,
        args: { name },
        category: t("Keras tutorials"),
        rank,
      });
      palette?.addItem({
        command: OPEN_TUTORIAL,
        args: { name, isPalette: true },
        category: t("Keras"),
      });
    });
  },
};

async function copyInto(app: JupyterFrontEnd, folder: string, name: string): Promise<string> {
  const { contents } = app.serviceManager;
  const listing = await contents.get(folder);
  const taken = new Set((listing.content as { name: string }[]).map((file) => file.name));
  const path = [folder, freeName(name, taken)].filter(Boolean).join("/");
  await contents.save(path, {
    type: "notebook",
    format: "json",
    content: await notebookOf(name),
  });
  return path;
}
