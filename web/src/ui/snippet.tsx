// A command to copy.

import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { copyText } from '../lib/copy-text';
import { IconButton } from './icon-button';
import classes from './snippet.module.css';
import { toastFailed } from './toast';

export function Snippet({ title, code }: { title: string; code: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    if (!(await copyText(code))) {
      toastFailed(t('common.copyFailed'));
      return;
    }
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <figure className={classes.snippet}>
      <figcaption>
        {title}
        <IconButton
          label={copied ? t('common.copied') : t('common.copy')}
          size={26}
          onClick={() => void copy()}
        >
          {copied ? <Check size={14} /> : <Copy size={14} />}
        </IconButton>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is reached by keyboard */}
      <pre tabIndex={0}>{code}</pre>
    </figure>
  );
}
