// The shortcuts, and the switch that turns single keys off (WCAG 2.1.4).
import { Modal, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { setPreference, usePreferences } from '../lib/preferences';
import classes from './help-dialog.module.css';

const groups = [
  { name: 'go', rows: ['/', 'g o', 'g a', 'g n', 'g e', 'g h', 'g i', 'mod+k'] },
  { name: 'list', rows: ['j', 'k', 'Enter', '.', 'Escape'] },
  { name: 'work', rows: ['e', 'c', 'p'] },
] as const;

const names = {
  '/': 'search',
  'g o': 'overview',
  'g a': 'alerts',
  'g n': 'anomalies',
  'g e': 'events',
  'g h': 'hunt',
  'g i': 'inputs',
  'mod+k': 'palette',
  j: 'next',
  k: 'previous',
  Enter: 'open',
  '.': 'load',
  Escape: 'close',
  e: 'acknowledge',
  c: 'resolve',
  p: 'pause',
} as const;

function keys(binding: string): string[] {
  const mac = navigator.platform.startsWith('Mac');
  if (binding.startsWith('mod+')) return [mac ? '⌘' : 'Ctrl', binding.slice(4).toUpperCase()];
  return binding.split(' ').map((key) => (key === 'Escape' ? 'Esc' : key));
}

export function HelpDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const { shortcuts } = usePreferences();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('help.title')}
      size={560}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <div className={classes.groups}>
        {groups.map((group) => (
          <section key={group.name}>
            <h3>{t(`help.group.${group.name}`)}</h3>
            <dl>
              {group.rows.map((binding) => (
                <div key={binding} className={classes.row}>
                  <dt>
                    {keys(binding).map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{t(`help.key.${names[binding]}`)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <Switch
        className={classes.switch}
        checked={shortcuts === 'on'}
        onChange={(event) => setPreference('shortcuts', event.currentTarget.checked ? 'on' : 'off')}
        label={t('help.single')}
        description={t('help.singleText')}
      />
    </Modal>
  );
}
