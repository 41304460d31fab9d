// Server-sent events: one connection that reopens itself and says in what state it is.

export type Connection = 'connecting' | 'live' | 'lost' | 'ended';

export type StreamOptions = {
  url: string;
  /** Handlers by event name; data is parsed JSON. */
  on: Record<string, (data: unknown) => void>;
  onConnection: (state: Connection, reason?: string) => void;
  /** Called when the connection comes back after it was lost: something may have been missed. */
  onReturn?: () => void;
};

const firstWait = 1_000;
const longestWait = 30_000;

/** Opens the stream; the returned function closes it for good. */
export function openStream(options: StreamOptions): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = firstWait;
  let wasLost = false;
  let closed = false;

  const close = (): void => {
    closed = true;
    clearTimeout(timer);
    source?.close();
  };

  const listen = (name: string, handler: (data: unknown) => void): void => {
    source?.addEventListener(name, (event) => {
      try {
        handler(JSON.parse((event as MessageEvent<string>).data));
      } catch {
        // a broken message is left out; the lists are fetched again when the reader asks
      }
    });
  };

  const open = (): void => {
    if (closed) return;
    options.onConnection(wasLost ? 'lost' : 'connecting');
    source = new EventSource(options.url);
    source.onopen = () => {
      wait = firstWait;
      options.onConnection('live');
      if (wasLost) options.onReturn?.();
      wasLost = false;
    };
    source.onerror = () => {
      source?.close();
      wasLost = true;
      options.onConnection('lost');
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, longestWait);
    };
    for (const [name, handler] of Object.entries(options.on)) listen(name, handler);
    listen('end', (data) => {
      const reason = (data as { reason?: string } | null)?.reason;
      if (reason === 'revoked') {
        close();
        options.onConnection('ended', reason);
      }
    });
  };

  open();
  return close;
}
