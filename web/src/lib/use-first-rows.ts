// A long list comes in two parts: what fits on the screen at once, the rest behind it. A hundred rows take longer to draw than a
// server to find.
import { startTransition, useEffect, useState } from 'react';

const first = 24;

/** The rows to draw now, and whether that is all of them. Another key is another list, which begins anew. */
export function useFirstRows<T>(rows: T[], key: unknown): { shown: T[]; whole: boolean } {
  const [drawn, setDrawn] = useState<unknown>();
  const whole = rows.length <= first || drawn === key;
  useEffect(() => {
    if (whole) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // behind the frame that shows the first ones
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => startTransition(() => setDrawn(key)));
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [key, whole]);
  return { shown: whole ? rows : rows.slice(0, first), whole };
}
