/** The part of anywidget's host with which the builder draws a live view inside itself. */

export interface WidgetHost {
  getWidget(reference: string): Promise<{
    render(options: { el: HTMLElement; signal: AbortSignal }): Promise<void>;
  }>;
}
