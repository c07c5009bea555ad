/** Where our renderers stand among those of a notebook. */

/** The widget view has rank -10. It shows an error after its kernel is gone, so ours comes first. */
export const RANK_BEFORE_WIDGETS = -20;
/** Where ours has no kernel, such as in a console, the widget view is live and comes first. */
export const RANK_AFTER_WIDGETS = -5;
