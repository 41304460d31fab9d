/** A stand-in for EventSource: tests say what the server sends. */
export class FakeEventSource {
  static open: FakeEventSource[] = [];
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  private readonly listeners = new Map<string, ((event: { data: string }) => void)[]>();

  constructor(readonly url: string) {
    FakeEventSource.open.push(this);
  }

  static find(part: string): FakeEventSource {
    const found = FakeEventSource.open.findLast((source) => source.url.includes(part) && !source.closed);
    if (!found) throw new Error(`no open stream with ${part}`);
    return found;
  }

  static closeAll(): void {
    for (const source of FakeEventSource.open) source.close();
    FakeEventSource.open = [];
  }

  addEventListener(name: string, listener: (event: { data: string }) => void): void {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  send(name: string, data: unknown): void {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    for (const listener of this.listeners.get(name) ?? []) listener({ data: text });
  }

  close(): void {
    this.closed = true;
  }
}
