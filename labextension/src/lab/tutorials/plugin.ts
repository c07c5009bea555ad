/** The JupyterLab plugin of the tutorials: cards in the launcher, commands in the palette. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, Notification } from "@jupyterlab/apputils";
import { t } from "../../shared/translation";
import type { Channels } from "../kernel/channelByKernel";
import { optionalService } from "../optionalService";
import { panelIcon } from "../panel/widget";
import { IChannels } from "../pluginTokens";
import { freeName, notebookOf, tutorials } from "./tutorials";

const OPEN_TUTORIAL = "kwidgets:open-tutorial";

export const tutorialsPlugin: JupyterFrontEndPlugin<void> = {
  id: "kwidgets:tutorials",
  description: "Cards in the launcher that open a fresh copy of a Keras tutorial.",
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
    const title = (name: unknown) =>
      tutorials().find((tutorial) => tutorial.name === name)?.title ?? "";
    commands.addCommand(OPEN_TUTORIAL, {
      label: ({ name, isPalette }) =>
        isPalette ? t("Open Tutorial: %1", title(name)) : title(name),
      caption: t("Open a fresh copy of this tutorial in the current folder"),
      icon: panelIcon,
      execute: async ({ name, cwd }) => {
        const folder = String(cwd ?? browser?.model.path ?? "");
        try {
          const path = await copyInto(app, folder, String(name));
          return await commands.execute("docmanager:open", { path, factory: "Notebook" });
        } catch (error) {
          Notification.error(
            t("The tutorial could not be copied into this folder: %1", String(error)),
          );
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
