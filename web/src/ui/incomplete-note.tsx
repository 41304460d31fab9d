// Says that stored events cannot be read, so that nobody takes what is shown for all there is.
import { TriangleAlert } from 'lucide-react';
import classes from './incomplete-note.module.css';

export function IncompleteNote({ text, inset = false }: { text: string; inset?: boolean }) {
  return (
    <p role="status" className={classes.note} data-inset={inset || undefined}>
      <TriangleAlert size={15} aria-hidden="true" />
      <span>{text}</span>
    </p>
  );
}
