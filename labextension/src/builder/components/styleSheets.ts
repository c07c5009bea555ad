/** The builder's style sheets, by the name under which a page has each once. */

import adding from "../../../style/builder/adding.raw.css";
import form from "../../../style/builder/form.raw.css";
import frame from "../../../style/builder/frame.raw.css";
import media from "../../../style/builder/media.raw.css";
import rest from "../../../style/builder/rest.raw.css";
import stack from "../../../style/builder/stack.raw.css";
import common from "../../../style/common.raw.css";

export const SHEETS = {
  common,
  // In this order: the last one overrules.
  builder: [frame, adding, stack, form, rest, media].join("\n"),
};
