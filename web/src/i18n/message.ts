// Texts that come from the server as a key with parameters, in the reader's language.
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { neutralise } from '../lib/hostile-text';

export type Message = { key: string; params: Record<string, unknown> };

/** Parameters as text or number; what outsiders could have put into them is made visible, never acted on. */
function safe(params: Record<string, unknown>): Record<string, string | number> {
  const out: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(params)) {
    if (typeof value === 'number') out[name] = value;
    else if (value !== null && value !== undefined) {
      out[name] = neutralise(typeof value === 'string' ? value : JSON.stringify(value));
    }
  }
  return out;
}

/** What is said for a key that the catalogue does not have: the name in the key, and the parameters. */
function fallback(message: Message, params: Record<string, string | number>): string {
  if (typeof params.title === 'string' && message.key.endsWith('.title')) return params.title;
  const [, name = message.key] = message.key.split('.');
  const facts = Object.entries(params).map(([key, value]) => `${key} ${value}`);
  return message.key.endsWith('.title') || facts.length === 0
    ? neutralise(name.replaceAll('_', ' '))
    : neutralise(facts.join(', '));
}

/**
 * The parameters as the catalogue's sentences use them: `count` is the figure the rule counted (its word is
 * inflected by it), `events` the events behind it, `window` and `cause` are texts of their own.
 */
function phrased(t: TFunction, exists: Exists, params: Record<string, string | number>) {
  const events = typeof params.count === 'number' ? params.count : 0;
  const count = typeof params.value === 'number' && params.value > 0 ? params.value : events;
  const minutes = typeof params.window_min === 'number' ? params.window_min : 0;
  const cause = `category.${params.cause}`;
  const say = t as (key: string, options?: object) => string;
  return {
    ...params,
    count,
    events: say('unit.event', { count: events }),
    window: say('unit.minute', { count: minutes }),
    cause: params.cause !== undefined && exists(cause) ? say(cause) : (params.cause ?? ''),
  };
}

type Exists = (key: string) => boolean;

export function messageText(t: TFunction, exists: Exists, message: Message): string {
  const params = safe(message.params);
  if (!exists(message.key)) return fallback(message, params);
  return (t as (key: string, options: object) => string)(message.key, phrased(t, exists, params));
}

/** Gives the function that turns a message into text. */
export function useMessage(): (message: Message) => string {
  const { t, i18n } = useTranslation();
  return (message) => messageText(t, (key) => i18n.exists(key, { count: 1 }), message);
}
