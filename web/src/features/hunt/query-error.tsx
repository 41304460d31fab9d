// What is wrong with a hunt, in words, and what could stand there instead.
import { Button } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ApiError } from '../../api/client';
import { neutralise } from '../../lib/hostile-text';
import { toUnits } from './hunt-text';
import { type Part, partText } from './query-bar';
import classes from './query-error.module.css';

/** Where the text is wrong; undefined when the error is about something else. */
export function wrongPart(error: ApiError | undefined): Part | undefined {
  const { column, length = 0 } = error?.problem ?? {};
  return error?.code === 'invalid_query' && column !== undefined ? { from: column - 1, length } : undefined;
}

type Props = { id: string; error: ApiError; text: string; onText: (text: string) => void };

export function QueryError({ id, error, text, onText }: Props) {
  const { t, i18n } = useTranslation();
  const { reason = '', suggestion, column } = error.problem;
  const part = wrongPart(error);
  const known = i18n.exists(`hunt.error.${reason}`);
  const what = part ? partText(text, part) : '';
  const replace = () => {
    if (!part || suggestion === undefined) return;
    const from = toUnits(text, part.from);
    onText(text.slice(0, from) + suggestion + text.slice(toUnits(text, part.from + part.length)));
  };
  return (
    <div className={classes.error} id={id} role="alert">
      <CircleAlert size={15} aria-hidden="true" />
      <div>
        <p>
          <strong>
            {error.code === 'hunt_too_large'
              ? t('hunt.tooLarge')
              : t(known ? (`hunt.error.${reason}` as 'hunt.error.missing') : 'hunt.error.other')}
          </strong>
          {what && <code>{what}</code>}
          {column !== undefined && <span className={classes.column}>{t('hunt.column', { column })}</span>}
          {suggestion !== undefined && (
            <Button variant="default" data-size="compact" onClick={replace}>
              {t('hunt.useInstead', { text: neutralise(suggestion) })}
            </Button>
          )}
        </p>
        <p className={classes.detail} lang="en">
          {neutralise(error.message.replace(/^column \d+: /, ''))}
        </p>
      </div>
    </div>
  );
}
