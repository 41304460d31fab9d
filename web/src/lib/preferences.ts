// What a reader chose for this browser: kept in localStorage, shared by everything on the page.
import { useSyncExternalStore } from 'react';
import type { Zone } from './time';

export type Preferences = {
  theme: 'light' | 'dark' | 'system';
  language: 'en' | 'ro';
  density: 'comfortable' | 'compact';
  zone: Zone;
  rail: 'wide' | 'narrow';
  shortcuts: 'on' | 'off';
};

const allowed: { [K in keyof Preferences]: readonly Preferences[K][] } = {
  theme: ['system', 'light', 'dark'],
  language: ['en', 'ro'],
  density: ['comfortable', 'compact'],
  zone: ['local', 'utc'],
  rail: ['wide', 'narrow'],
  shortcuts: ['on', 'off'],
};

function read<K extends keyof Preferences>(name: K): Preferences[K] | undefined {
  try {
    const stored = localStorage.getItem(`tocsin.${name}`);
    return allowed[name].find((value) => value === stored);
  } catch {
    return undefined;
  }
}

function browserLanguage(): Preferences['language'] {
  return navigator.language.toLowerCase().startsWith('ro') ? 'ro' : 'en';
}

function load(): Preferences {
  return {
    theme: read('theme') ?? 'system',
    language: read('language') ?? browserLanguage(),
    density: read('density') ?? 'comfortable',
    zone: read('zone') ?? 'local',
    rail: read('rail') ?? 'wide',
    shortcuts: read('shortcuts') ?? 'on',
  };
}

let current = load();
const listeners = new Set<() => void>();

export function preferences(): Preferences {
  return current;
}

export function setPreference<K extends keyof Preferences>(name: K, value: Preferences[K]): void {
  current = { ...current, [name]: value };
  try {
    localStorage.setItem(`tocsin.${name}`, value);
  } catch {
    // storage is switched off: the choice holds until the page is left
  }
  for (const listener of listeners) listener();
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences);
}
