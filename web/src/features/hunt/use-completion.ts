// What can stand at the cursor, asked of the server while somebody types.
import { useEffect, useMemo, useRef, useState } from 'react';
import { client, type Schemas } from '../../api/client';
import { toPoints, toUnits } from './hunt-text';

type Item = Schemas['Suggestion'];
type Place = { text: string; at: number };

const pause = 90;
const mostShown = 30;

/** What still fits when the text has gone on since it was asked about: with what was typed, and replacing that too. */
export function fitting(items: Item[], asked: Place, now: Place): Item[] {
  const typed = now.at - asked.at;
  const same =
    typed >= 0 &&
    now.text.slice(0, asked.at) === asked.text.slice(0, asked.at) &&
    now.text.slice(now.at) === asked.text.slice(asked.at);
  if (!same) return [];
  return items.flatMap((item) => {
    const from = toUnits(asked.text, item.from);
    const to = toUnits(asked.text, item.to) + typed;
    const fits = typed === 0 || item.text.toLowerCase().includes(now.text.slice(from, now.at).toLowerCase());
    return fits ? [{ ...item, from, to }] : [];
  });
}

/** Suggestions for a text and a place in it, their places counted as the page counts. */
export function useCompletion() {
  const [answer, setAnswer] = useState<{ place: Place; items: Item[] }>();
  const [now, setNow] = useState<Place>();
  const running = useRef<{ timer: ReturnType<typeof setTimeout>; control: AbortController }>(undefined);
  const cancel = () => {
    clearTimeout(running.current?.timer);
    running.current?.control.abort();
    running.current = undefined;
  };
  const close = () => {
    cancel();
    setNow(undefined);
    setAnswer(undefined);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the page is left
  useEffect(() => cancel, []);
  const ask = (text: string, at: number) => {
    cancel();
    const place = { text, at };
    setNow(place);
    const control = new AbortController();
    const timer = setTimeout(() => {
      const query = { q: text, at: toPoints(text, at) };
      client
        .GET('/api/siem/search/complete', { params: { query }, signal: control.signal })
        .then(({ data }) => {
          if (!control.signal.aborted) setAnswer({ place, items: data?.items.slice(0, mostShown) ?? [] });
        })
        // no suggestions is all that is lost
        .catch(() => control.signal.aborted || setAnswer(undefined));
    }, pause);
    running.current = { timer, control };
  };
  const items = useMemo(() => (answer && now ? fitting(answer.items, answer.place, now) : []), [answer, now]);
  return { items, ask, close };
}
