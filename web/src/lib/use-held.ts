// Holds a value still while the reader is at it, so that nothing moves under the cursor.
import { useRef, useState } from 'react';

type Held<T> = {
  value: T;
  /** Spread on the element under which nothing may move. */
  guard: { onMouseEnter: () => void; onMouseLeave: () => void; onFocus: () => void; onBlur: () => void };
};

export function useHeld<T>(value: T | undefined): Held<T | undefined> {
  const [over, setOver] = useState(false);
  const [focused, setFocused] = useState(false);
  const last = useRef(value);
  if (!(over || focused) || last.current === undefined) last.current = value;
  return {
    value: last.current,
    guard: {
      onMouseEnter: () => setOver(true),
      onMouseLeave: () => setOver(false),
      onFocus: () => setFocused(true),
      onBlur: () => setFocused(false),
    },
  };
}
