import { describe, expect, it } from 'vitest';
import { type EventRecord, eventErased, eventFields } from './event';

describe('what an erasure took', () => {
  it.each([
    [undefined, undefined],
    [[], undefined],
    [['person'], 'person'],
    [['content'], 'content'],
    [['person', 'content'], 'both'],
    ['person', undefined],
    [[{ person: 1 }], undefined],
  ])('%j is told as %s', (erased, want) => {
    expect(eventErased({ id: 'x', erased } as EventRecord)).toBe(want);
  });

  it('is no field of its own', () => {
    const names = eventFields({
      id: 'x',
      erased: ['person'],
      attrs: { erased: 'a sender said so' },
    } as EventRecord);
    expect(names.map((field) => field.name)).toEqual(['attrs.erased', 'id']);
  });
});
