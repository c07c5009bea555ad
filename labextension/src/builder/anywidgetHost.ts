/** The type of the function of anywidget that draws the live view inside the Fit tab. */

export interface WidgetHost {
  getWidget(reference: string): Promise<{
    render(options: { el: HTMLElement; signal: AbortSignal }): Promise<void>;
  }>;
}
