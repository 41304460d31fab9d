// What jsdom lacks, and the small server behind every test.
import { cleanup, configure } from '@testing-library/react';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { FakeEventSource } from './event-source';
import { server } from './server';

Object.defineProperty(window, 'matchMedia', {
  writable: true,
  value: (query: string) => ({
    matches: query.includes('prefers-reduced-motion'),
    media: query,
    addEventListener: () => {},
    removeEventListener: () => {},
    addListener: () => {},
    removeListener: () => {},
    dispatchEvent: () => false,
    onchange: null,
  }),
});
vi.stubGlobal(
  'ResizeObserver',
  class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  },
);
vi.stubGlobal('EventSource', FakeEventSource);
vi.stubGlobal('CSS', { escape: (text: string) => text.replace(/[^\w-]/g, '\\$&') });
Element.prototype.scrollTo = () => {};
window.scrollTo = () => {};
Element.prototype.scrollIntoView = () => {};

// the machines that run this share their cores with other work
configure({
  asyncUtilTimeout: 15_000,
  getElementError: (message) => new Error((message ?? '').slice(0, 1500)),
});

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  cleanup();
  server.resetHandlers();
  FakeEventSource.closeAll();
  localStorage.clear();
});
afterAll(() => server.close());
