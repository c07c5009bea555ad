/** The x under the pointer, shared by all charts of a view and sent to them once a frame. */

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

  /** Call the listeners in the next frame, because `x` or a drawing has changed. */
  refresh(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      for (const listener of [...this.listeners]) listener();
    });
  }
}
