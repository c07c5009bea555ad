/** The keys of a tablist: arrows move to the neighbor and around, Home and End to the ends. */

/**
 * Choose the tab that a key moves to, and focus it. Other keys are left alone.
 *
 * @param id begins the id of each tab, which goes on with a hyphen and the tab's name
 */
export function moveTab<Name extends string>(
  event: KeyboardEvent,
  id: string,
  tabs: readonly Name[],
  tab: Name,
  onTab: (tab: Name) => void,
): void {
  const at = tabs.indexOf(tab);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const name = tabs.at(to % tabs.length)!;
  onTab(name);
  (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`#${id}-${name}`)?.focus();
}
