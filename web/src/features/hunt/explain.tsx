// How the server understood a hunt, step by step.
import { useTranslation } from 'react-i18next';
import { neutralise } from '../../lib/hostile-text';
import classes from './explain.module.css';
import type { Answer } from './hunt-answer';

export function Explain({ answer }: { answer: Answer }) {
  const { t, i18n } = useTranslation();
  const text = (key: string) =>
    i18n.exists(key) ? t(key as 'hunt.step.filter') : key.slice(key.lastIndexOf('.') + 1);
  return (
    <details className={classes.explain}>
      <summary>{t('hunt.explain')}</summary>
      <pre>{neutralise(answer.query)}</pre>
      <ol>
        {answer.explain.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps stand in their order
          <li key={index}>
            <span>{text(`hunt.step.${step.key}`)}</span>
            {step.params.map(({ key, values }) => (
              <span key={key} className={classes.param}>
                {key === 'scope' ? (
                  text(`hunt.scope.${values[0]}`)
                ) : (
                  <>
                    {i18n.exists(`hunt.param.${key}`) && `${text(`hunt.param.${key}`)} `}
                    <code>{neutralise(values.join(', '))}</code>
                  </>
                )}
              </span>
            ))}
          </li>
        ))}
      </ol>
    </details>
  );
}
