// A button that shows only an icon: always with a name, as tooltip and for screen readers.
import { ActionIcon, type ActionIconProps, Tooltip } from '@mantine/core';
import type { ComponentPropsWithRef, ReactNode } from 'react';

type Props = ActionIconProps &
  Omit<ComponentPropsWithRef<'button'>, keyof ActionIconProps> & {
    label: string;
    shortcut?: string;
    children: ReactNode;
  };

export function IconButton({ label, shortcut, children, ...rest }: Props) {
  return (
    <Tooltip label={shortcut ? `${label} (${shortcut})` : label} openDelay={300}>
      <ActionIcon variant="subtle" color="gray" size={30} aria-label={label} {...rest}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
