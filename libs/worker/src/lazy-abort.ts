/** An abort signal that is only made when somebody asks for it: making one costs more than the rest of a short step. */
export class LazyAbort {
  private controller: AbortController | undefined;
  private aborted: { reason: Error } | undefined;

  get signal(): AbortSignal {
    if (this.controller) return this.controller.signal;
    this.controller = new AbortController();
    if (this.aborted) this.controller.abort(this.aborted.reason);
    return this.controller.signal;
  }

  get reason(): Error | undefined {
    return this.aborted?.reason;
  }

  /** The first reason stays. */
  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = { reason };
    this.controller?.abort(reason);
  }
}
