import { codec, flag, moment, oneOf, text } from '../../lib/url-state';

export const levels = ['critical', 'high', 'medium', 'low', 'info'] as const;
export const ranges = ['15m', '1h', '24h', '7d'] as const;
export type Range = (typeof ranges)[number];

/** The filters of the event list. A range counts back from now; from and to are fixed moments and win over it. */
export const eventSearch = codec({
  q: text(1024),
  level: oneOf(levels),
  source: text(200),
  category: text(200),
  user: text(1024),
  ip: text(64),
  range: oneOf(ranges),
  from: moment,
  to: moment,
  live: flag,
  tab: oneOf(['fields', 'json', 'raw']),
});
export type EventSearch = ReturnType<typeof eventSearch>;

const seconds: Record<Range, number> = { '15m': 900, '1h': 3600, '24h': 86_400, '7d': 604_800 };

/** The query parameters of the API for a state of the page; now is in milliseconds. */
export function eventQuery(search: EventSearch, now: number) {
  const fixed = search.from !== undefined || search.to !== undefined;
  const rangeStart =
    search.range && !fixed
      ? new Date(Math.floor(now / 1000 - seconds[search.range]) * 1000).toISOString()
      : undefined;
  return {
    q: search.q,
    level: search.level,
    source: search.source,
    category: search.category,
    user_id: search.user,
    ip_address: search.ip,
    from: search.from ?? rangeStart,
    to: search.to,
  };
}
