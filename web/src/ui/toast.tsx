// Short results of what the reader did, in the corner, said politely to screen readers.
import { notifications } from '@mantine/notifications';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { getI18n } from 'react-i18next';

/** The cross has a name, as every button. */
const named = () => ({ closeButtonProps: { 'aria-label': getI18n().t('common.close') } });

export function toastDone(message: string): void {
  notifications.show({
    message,
    color: 'var(--resolved-fill)',
    icon: <CircleCheck size={16} aria-hidden="true" />,
    role: 'status',
    withBorder: false,
    ...named(),
  });
}

export function toastFailed(message: string): void {
  notifications.show({
    message,
    color: 'var(--critical-fill)',
    icon: <CircleAlert size={16} aria-hidden="true" />,
    role: 'alert',
    autoClose: 12_000,
    ...named(),
  });
}
