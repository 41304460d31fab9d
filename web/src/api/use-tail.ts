// The live tail: new events as they are recorded, newest first, held still while paused.
import { useEffect, useRef, useState } from 'react';
import { formatSearch, type Raw } from '../lib/url-state';
import type { EventRecord } from './event';
import { type Connection, openStream } from './stream';

const mostShown = 500;
const flushEvery = 250;

export type Tail = {
  events: EventRecord[];
  waiting: number;
  dropped: number;
  connection: Connection;
};

const nothing: Tail = { events: [], waiting: 0, dropped: 0, connection: 'connecting' };

/** What comes in that the filters, or the hunt, select; times do not count. */
export function useTail(query: Raw, enabled: boolean, paused: boolean): Tail {
  const [tail, setTail] = useState<Tail>(nothing);
  const buffer = useRef<EventRecord[]>([]);
  const url = `/api/siem/search/stream${formatSearch(query)}`;

  useEffect(() => {
    if (!enabled) return undefined;
    buffer.current = [];
    setTail(nothing);
    return openStream({
      url,
      on: {
        log: (data) => {
          buffer.current.push(data as EventRecord);
          if (buffer.current.length > mostShown) buffer.current.shift();
        },
        dropped: (data) => {
          const { count = 0 } = data as { count?: number };
          setTail((old) => ({ ...old, dropped: old.dropped + count }));
        },
      },
      onConnection: (connection) => setTail((old) => ({ ...old, connection })),
    });
  }, [url, enabled]);

  useEffect(() => {
    if (!enabled) return undefined;
    const flush = () => {
      const waiting = buffer.current.length;
      if (paused) {
        setTail((old) => (old.waiting === waiting ? old : { ...old, waiting }));
        return;
      }
      if (waiting === 0) {
        setTail((old) => (old.waiting === 0 ? old : { ...old, waiting: 0 }));
        return;
      }
      const fresh = buffer.current.reverse();
      buffer.current = [];
      setTail((old) => ({ ...old, waiting: 0, events: [...fresh, ...old.events].slice(0, mostShown) }));
    };
    flush();
    const timer = setInterval(flush, flushEvery);
    return () => clearInterval(timer);
  }, [enabled, paused]);

  return tail;
}
