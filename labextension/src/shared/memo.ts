/** Wraps a component so that it is drawn again only when one of its props has changed. */

import { Component, type ComponentChild, type FunctionComponent } from "preact";

export function memo<P extends object>(view: (props: P) => ComponentChild): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const [before, after] = [this.props, next] as Record<string, unknown>[];
      const names = Object.keys({ ...before, ...after });
      return names.some((name) => before![name] !== after![name]);
    }
    override render(props: P): ComponentChild {
      return view(props);
    }
  }
  return Memo as unknown as FunctionComponent<P>;
}
