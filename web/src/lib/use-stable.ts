// A function that stays the same one, so that what it is given to need not be drawn again.
import { useRef, useState } from 'react';

/** Calls the function of the latest render. For events only, not while something is drawn. */
export function useStable<A extends unknown[], R>(run: (...args: A) => R): (...args: A) => R {
  const latest = useRef(run);
  latest.current = run;
  const [stable] = useState(
    () =>
      (...args: A) =>
        latest.current(...args),
  );
  return stable;
}
