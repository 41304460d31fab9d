// What the journal proves, as the server would say it.
import type { Schemas } from '../api/client';

export function aVerification(change: Partial<Schemas['Verification']> = {}): Schemas['Verification'] {
  return {
    status: 'VALID',
    total: 18_402,
    verified: 18_402,
    tampered: 0,
    erased: 0,
    pruned: 0,
    macs: 'checked',
    headers: 12,
    completeness: { status: 'COMPLETE', lost: 0, gone: 0, dropped: 0, late_ranges: 0, silences: 0 },
    entries: [],
    ...change,
  };
}

export function aProof(id: string): Schemas['EntryProof'] {
  return {
    record: { id },
    path: [],
    header: { index: 41, bytes: 'VENTTlJORzE=', path: [] },
    checkpoint: 'log.example/abcdef\n42\nr00t=\n\n— log.example/abcdef c2ln\n',
    bundle: '{"bundle":"tocsin-bundle/1"}\n',
  };
}
