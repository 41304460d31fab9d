// Text that came from outside: shown as text only, what must not act made visible.
import { memo } from 'react';
import { pieces } from '../lib/hostile-text';
import classes from './log-text.module.css';

export const LogText = memo(function LogText({ text, mono = false }: { text: string; mono?: boolean }) {
  return (
    <bdi className={mono ? `${classes.text} mono` : classes.text}>
      {pieces(text).map((piece, index) =>
        piece.control ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never move
          <span key={index} className={classes.control}>
            {piece.text}
          </span>
        ) : (
          piece.text
        ),
      )}
    </bdi>
  );
});
