// Which fields of the events are columns.
import { Button, Menu } from '@mantine/core';
import { Columns3, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { neutralise } from '../../lib/hostile-text';
import classes from './columns-menu.module.css';

type Props = {
  shown: string[];
  /** Fields that the events have; asked for when the menu opens, for it looks at a hundred events. */
  known: () => string[];
  /** With undefined, those of the answer again. */
  onColumns: (columns: string[] | undefined) => void;
};

const most = 80;

export function ColumnsMenu({ shown, known, onColumns }: Props) {
  const { t } = useTranslation();
  const [fields, setFields] = useState<string[]>([]);
  const others = fields.filter((name) => !shown.includes(name)).slice(0, most);
  return (
    <Menu position="bottom-end" width={260} closeOnItemClick={false} onOpen={() => setFields(known())}>
      <Menu.Target>
        <Button variant="default" data-size="compact" leftSection={<Columns3 size={14} aria-hidden="true" />}>
          {t('hunt.columns.label')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.list}>
        {[...shown, ...others].map((name) => (
          <Menu.CheckboxItem
            key={name}
            checked={shown.includes(name)}
            disabled={shown.length === 1 && shown[0] === name}
            onChange={(on) => onColumns(on ? [...shown, name] : shown.filter((each) => each !== name))}
          >
            <span className="mono">{neutralise(name)}</span>
          </Menu.CheckboxItem>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<RotateCcw size={14} aria-hidden="true" />}
          closeMenuOnClick
          onClick={() => onColumns(undefined)}
        >
          {t('hunt.columns.reset')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
