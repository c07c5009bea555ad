/** The x that the pointer is at: one for all charts of a view, told once a frame. */

export class Hover {
  /** In units of the data, or null when the pointer is in no chart. */
  x: number | null = null;
  private frame = 0;
  private readonly listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  set(x: number | null): void {
    if (x === this.x) return;
    this.x = x;
    this.refresh();
  }

  /** Tell the listeners, because `x` or what is drawn has changed. */
  refresh(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      for (const listener of [...this.listeners]) listener();
    });
  }
}
