// The mark: an alarm bell in one stroke. It swings once when `swing` changes, never with reduced motion.
import { useEffect, useRef } from 'react';
import classes from './mark.module.css';

export function Mark({ size = 22, swing }: { size?: number; swing?: string | undefined }) {
  const bell = useRef<SVGSVGElement>(null);
  const before = useRef(swing);
  useEffect(() => {
    const changed = swing !== undefined && swing !== before.current;
    before.current = swing;
    const node = bell.current;
    if (!changed || !node || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    node.classList.remove(classes.swing ?? '');
    void node.getBoundingClientRect(); // restarts the animation
    node.classList.add(classes.swing ?? '');
  }, [swing]);
  return (
    <svg
      ref={bell}
      className={classes.mark}
      width={size}
      height={size}
      viewBox="0 0 32 32"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d="M16 4v3" />
      <path d="M6 24h20" />
      <path d="M9.500 24c1-2.600 1.500-5.400 1.500-9a5 5 0 0 1 10 0c0 3.600.5 6.400 1.500 9" />
      <path className={classes.clapper} d="M13.500 28h5" />
    </svg>
  );
}
