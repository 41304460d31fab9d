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
    completeness: { status: 'COMPLETE', lost: 0, dropped: 0, late_ranges: 0, silences: 0 },
    entries: [],
    ...change,
  };
}
