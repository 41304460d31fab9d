import { screen, waitFor, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import { aProof } from '../../test/evidence';
import { problem } from '../../test/handlers';
import { renderApp } from '../../test/render';
import { server } from '../../test/server';

const id = '01J8ZQ4T6N0000000000000008';

async function badge() {
  const panel = within(await screen.findByRole('complementary', { name: 'Event' }));
  return within(await panel.findByRole('region', { name: 'Proof' }));
}

describe('the proof of an event', () => {
  it('is asked for by nobody but the reader', async () => {
    const asked = vi.fn();
    server.events.on('request:start', ({ request }) => {
      if (new URL(request.url).pathname.endsWith('/proof')) asked();
    });
    const { user } = await renderApp(`/events/${id}`);
    const proof = await badge();
    expect(proof.getByRole('status').textContent).toBe('Recorded in the signed journal');
    expect(asked).not.toHaveBeenCalled();
    await user.click(proof.getByRole('button', { name: 'Verify now' }));
    expect(await proof.findByText('Sealed, under a checkpoint of 42 ranges')).toBeTruthy();
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('is a file to be kept', async () => {
    const { user } = await renderApp(`/events/${id}`);
    const proof = await badge();
    await user.click(proof.getByRole('button', { name: 'Verify now' }));
    const saved: Blob[] = [];
    URL.createObjectURL = (blob) => `blob:${saved.push(blob as Blob)}`;
    URL.revokeObjectURL = () => {};
    const links: HTMLAnchorElement[] = [];
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      links.push(this);
    });
    await user.click(await proof.findByRole('button', { name: 'Download proof' }));
    await waitFor(() => expect(links).toHaveLength(1));
    click.mockRestore();
    expect(links[0]?.download).toBe(`tocsin-proof-${id}.ndjson`);
    expect(await saved[0]?.text()).toBe(aProof(id).bundle);
  });

  it.each([
    ['entry_damaged', 409, /nothing can be proven with this entry/, false],
    ['journal_diverged', 409, /it signs nothing any more/, false],
    ['entry_archived', 409, /a journal from before a restore/, false],
    ['not_sealed', 503, /at the moment/, true],
    ['too_many_requests', 429, /at the moment/, true],
  ])('says that there is none: %s', async (code, status, text, again) => {
    const { user } = await renderApp(`/events/${id}`);
    server.use(http.get('*/api/siem/logs/:id/proof', () => problem(status, code)));
    const proof = await badge();
    await user.click(proof.getByRole('button', { name: 'Verify now' }));
    expect(await proof.findByText(text)).toBeTruthy();
    expect(proof.queryByRole('button', { name: 'Verify now' }) !== null).toBe(again);
    expect(proof.queryByRole('button', { name: 'Download proof' })).toBeNull();
    if (!again) return;
    server.use(http.get('*/api/siem/logs/:id/proof', () => HttpResponse.json(aProof(id))));
    await user.click(proof.getByRole('button', { name: 'Verify now' }));
    expect(await proof.findByText(/42 ranges/)).toBeTruthy();
  });
});
