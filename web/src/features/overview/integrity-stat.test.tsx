import { act, screen, waitFor } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import type { Schemas } from '../../api/client';
import { aDashboard } from '../../test/factories';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';

type Integrity = Schemas['Integrity'];

const whole: Integrity = {
  status: 'WITNESSED',
  verified: 1234,
  total: 1234,
  checked_at: '2026-11-23T10:00:00Z',
  checkpoint: { headers: 17, signed_at: '2026-11-23T10:00:30Z' },
  completeness: { status: 'COMPLETE', lost: 0, gone: 0, dropped: 0, late_ranges: 0, silences: 0 },
};

async function text(integrity: Integrity): Promise<string> {
  const { router } = await renderApp('/login');
  server.use(http.get('*/api/siem/dashboard', () => HttpResponse.json(aDashboard({ integrity }))));
  await act(() => router.navigate({ to: '/' }));
  const card = (await screen.findByText('Journal Integrity')).parentElement;
  await waitFor(() => expect(card?.textContent).not.toBe('Journal Integrity'));
  return card?.textContent ?? '';
}

describe('the integrity of the journal', () => {
  it('shows how far it is signed, and that nothing is known to be missing', async () => {
    const shown = await text(whole);
    expect(shown).toContain('Intact, witnessed');
    expect(shown).toContain('Signed up to 17 sealed ranges, ');
    expect(shown).toContain('Nothing is known to be missing');
  });

  it('names what is known to be missing, apart from the verdict', async () => {
    const shown = await text({
      ...whole,
      status: 'UNANCHORED',
      unreadable: 2048,
      completeness: { status: 'GAPS', lost: 1, gone: 4, dropped: 3, late_ranges: 2, silences: 1 },
    });
    expect(shown).toContain('Consistent');
    expect(shown).toContain(
      '2,048 stored events cannot be read, 4 entries gone, 1 lost before its seal, 3 refused, silent 1 time',
    );
    expect(shown).not.toContain('Nothing is known');
  });

  it('says nothing of what it does not know yet', async () => {
    const shown = await text({ status: 'UNCHECKED', verified: 0, total: 0, checked_at: null });
    expect(shown).toContain('Not checked yet');
    expect(shown).not.toMatch(/Signed|missing/);
  });
});
