import { describe, expect, it } from 'vitest';
import { startI18n } from '.';
import { type Message, messageText } from './message';

async function render(language: 'en' | 'ro', message: Message): Promise<string> {
  const i18n = await startI18n(language);
  return messageText(i18n.t, (key) => i18n.exists(key, { count: 1 }), message);
}

const brute = (params: Record<string, unknown>): Message => ({
  key: 'alert.RULE-BRUTE-FORCE.description',
  params: { entity: '192.0.2.44', count: 40, threshold: 10, window_min: 10, ...params },
});

describe('messages of the server', () => {
  it('are inflected by the figure that the rule counted', async () => {
    expect(await render('en', brute({ value: 34 }))).toBe(
      '34 failed logins within 10 minutes (threshold 10).',
    );
    expect(await render('ro', brute({ value: 12 }))).toBe('12 autentificări eșuate în 10 minute (prag 10).');
    expect(await render('ro', brute({ value: 34 }))).toBe(
      '34 de autentificări eșuate în 10 minute (prag 10).',
    );
    expect(await render('ro', brute({ value: 101 }))).toBe(
      '101 autentificări eșuate în 10 minute (prag 10).',
    );
    expect(await render('ro', brute({ value: 1200 }))).toBe(
      '1.200 de autentificări eșuate în 10 minute (prag 10).',
    );
  });

  it('name the cause of a critical event', async () => {
    const key = 'alert.RULE-CRITICAL-EVENT.title';
    const params = { entity: 'db-2', cause: 'log_paused', count: 1, value: 0 };
    expect(await render('en', { key, params })).toBe('Critical event: logging paused (db-2)');
    expect(await render('ro', { key, params })).toBe('Eveniment critic: jurnalizare întreruptă (db-2)');
    expect(await render('en', { key, params: { ...params, cause: 'own_word' } })).toContain('own_word');
  });

  it('have a fallback for a key that the catalogue does not know', async () => {
    const params = { entity: '192.0.2.44', count: 3 };
    expect(await render('en', { key: 'alert.RULE-NEW.title', params })).toBe('RULE-NEW');
    expect(await render('en', { key: 'alert.RULE-NEW.description', params })).toBe(
      'entity 192.0.2.44, count 3',
    );
    const sigma = { key: 'anomaly.sigma:4a7e.title', params: { title: 'Suspicious service' } };
    expect(await render('en', sigma)).toBe('Suspicious service');
    expect(await render('en', { key: 'x', params: {} })).toBe('x');
  });

  it('never let a parameter act: no nesting, no second interpolation, no control characters', async () => {
    const title = (entity: string): Message => ({
      key: 'alert.RULE-BRUTE-FORCE.title',
      params: { entity, count: 1 },
    });
    expect(await render('en', title('$t(login.submit)'))).toBe('Brute-force attack from $t(login.submit)');
    expect(await render('en', title('{{count}}'))).toBe('Brute-force attack from {{count}}');
    expect(await render('en', title('<b>x</b>'))).toBe('Brute-force attack from <b>x</b>');
    expect(await render('en', title('a\u202eb\u001b[0m'))).toBe('Brute-force attack from a‹U+202E›b‹ESC›[0m');
  });
});
