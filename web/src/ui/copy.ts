// Copying, and saying what became of it.
import { getI18n } from 'react-i18next';
import { copyText } from '../lib/copy-text';
import { toastDone, toastFailed } from './toast';

export async function copyAndSay(text: string, done: string): Promise<void> {
  if (await copyText(text)) toastDone(done);
  else toastFailed(getI18n().t('common.copyFailed'));
}
