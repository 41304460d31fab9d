import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Keyboard } from './keyboard';

function press(
  keyboard: Keyboard,
  key: string,
  init: KeyboardEventInit & { target?: HTMLElement } = {},
): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, cancelable: true, bubbles: true, ...init });
  (init.target ?? document.body).addEventListener('keydown', () => keyboard.handle(event), { once: true });
  (init.target ?? document.body).dispatchEvent(event);
  return event;
}

describe('Keyboard', () => {
  let keyboard: Keyboard;
  beforeEach(() => {
    document.body.innerHTML = '';
    keyboard = new Keyboard();
  });

  it('runs a single key and stops it from doing anything else', () => {
    const run = vi.fn();
    keyboard.add({ j: run });
    expect(press(keyboard, 'j').defaultPrevented).toBe(true);
    expect(press(keyboard, 'x').defaultPrevented).toBe(false);
    expect(run).toHaveBeenCalledOnce();
  });

  it('takes "g e" as one sequence, never as "e"', () => {
    const acknowledge = vi.fn();
    const events = vi.fn();
    keyboard.add({ 'g e': events });
    keyboard.add({ e: acknowledge });
    press(keyboard, 'g');
    press(keyboard, 'e');
    expect(events).toHaveBeenCalledOnce();
    expect(acknowledge).not.toHaveBeenCalled();
    press(keyboard, 'g');
    press(keyboard, 'x');
    press(keyboard, 'e');
    expect(acknowledge).toHaveBeenCalledOnce();
  });

  it('asks the newest layer first, until it is removed', () => {
    const calls: string[] = [];
    keyboard.add({ Escape: () => calls.push('page') });
    const remove = keyboard.add({ Escape: () => calls.push('panel') });
    press(keyboard, 'Escape');
    remove();
    press(keyboard, 'Escape');
    expect(calls).toEqual(['panel', 'page']);
  });

  it('leaves text fields, dialogs and combinations alone', () => {
    const run = vi.fn();
    keyboard.add({ e: run, 'mod+k': run });
    const input = document.body.appendChild(document.createElement('input'));
    press(keyboard, 'e', { target: input });
    press(keyboard, 'e', { ctrlKey: true });
    press(keyboard, 'e', { altKey: true });
    document.body.insertAdjacentHTML('beforeend', '<div aria-modal="true"></div>');
    press(keyboard, 'e');
    expect(run).not.toHaveBeenCalled();
    document.querySelector('[aria-modal]')?.remove();
    press(keyboard, 'k', { ctrlKey: true, target: input });
    expect(run).toHaveBeenCalledOnce();
  });

  it('keeps only Escape and combinations when single keys are off', () => {
    const run = vi.fn();
    keyboard.singleKeys = () => false;
    keyboard.add({ e: run, 'g o': run, Escape: run, 'mod+k': run });
    for (const key of ['e', 'g', 'o']) press(keyboard, key);
    expect(run).not.toHaveBeenCalled();
    press(keyboard, 'Escape');
    press(keyboard, 'k', { metaKey: true });
    expect(run).toHaveBeenCalledTimes(2);
  });
});
