import { render } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { Mark } from './mark';
import classes from './mark.module.css';

function motion(reduced: boolean): void {
  vi.spyOn(window, 'matchMedia').mockReturnValue({ matches: reduced } as MediaQueryList);
}

describe('the mark', () => {
  it('swings for a new alert, not for the one that was there', () => {
    motion(false);
    const { container, rerender } = render(<Mark swing="al-1" />);
    const bell = container.querySelector('svg');
    expect(bell?.classList.contains(classes.swing ?? '')).toBe(false);
    rerender(<Mark swing="al-2" />);
    expect(bell?.classList.contains(classes.swing ?? '')).toBe(true);
  });

  it('stays still when motion is to be reduced', () => {
    motion(true);
    const { container, rerender } = render(<Mark swing="al-1" />);
    rerender(<Mark swing="al-2" />);
    expect(container.querySelector('svg')?.classList.contains(classes.swing ?? '')).toBe(false);
  });
});
