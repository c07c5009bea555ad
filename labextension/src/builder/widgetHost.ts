/** The part of anywidget's host that the builder uses to draw the live view of a training inside itself. */

export interface WidgetHost {
  getWidget(reference: string): Promise<{
    render(options: { el: HTMLElement; signal: AbortSignal }): Promise<void>;
  }>;
}
