import { render } from '@testing-library/react';
import { expect, it } from 'vitest';
import { TimePlot } from './time-plot';

it('keeps the label of the last moment inside: before its line, where there is no room behind it', () => {
  const minute = 60_000;
  const from = Date.UTC(2026, 10, 26, 10, 0);
  const { container } = render(
    <TimePlot from={from} to={from + 5.2 * minute} top={3} label="chart" about={() => undefined}>
      <path />
    </TimePlot>,
  );
  const labels = [...container.querySelectorAll<HTMLElement>('[aria-hidden] > span')];
  expect(labels.length).toBeGreaterThan(3);
  const before = labels.filter((label) => label.dataset.before !== undefined);
  expect(before).toEqual([labels.at(-1)]);
  expect(before[0]?.style.right).not.toBe('');
  expect(before[0]?.style.left).toBe('');
});
