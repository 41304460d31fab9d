// Short results of what the reader did, in the corner, said politely to screen readers.
import { notifications } from '@mantine/notifications';
import { CircleAlert, CircleCheck } from 'lucide-react';

export function toastDone(message: string): void {
  notifications.show({
    message,
    color: 'var(--resolved-fill)',
    icon: <CircleCheck size={16} aria-hidden="true" />,
    role: 'status',
    withBorder: false,
  });
}

export function toastFailed(message: string): void {
  notifications.show({
    message,
    color: 'var(--critical-fill)',
    icon: <CircleAlert size={16} aria-hidden="true" />,
    role: 'alert',
    autoClose: 12_000,
  });
}
