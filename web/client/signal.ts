/** A list of listeners with a type. */

export class Signal<Value = void> {
  private readonly listeners = new Set<(value: Value) => void>();

  /** Calls `listener` with every value from now on; returns how to stop that. */
  on(listener: (value: Value) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  emit(value: Value): void {
    for (const listener of [...this.listeners]) {
      listener(value);
    }
  }
}
