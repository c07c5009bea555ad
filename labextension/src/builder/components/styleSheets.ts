/** The builder's style sheets, by the name under which a page has each once. */

import addLayer from "../../../style/builder/add-layer.raw.css";
import fitAndCode from "../../../style/builder/fit-and-code.raw.css";
import form from "../../../style/builder/form.raw.css";
import frame from "../../../style/builder/frame.raw.css";
import layers from "../../../style/builder/layers.raw.css";
import media from "../../../style/builder/media.raw.css";
import saved from "../../../style/builder/saved.raw.css";
import common from "../../../style/common.raw.css";

export const SHEETS = {
  common,
  // In this order: later rules override earlier ones.
  builder: [frame, addLayer, layers, form, fitAndCode, saved, media].join("\n"),
};
