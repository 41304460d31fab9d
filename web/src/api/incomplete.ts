// How many stored events that may belong to an answer cannot be read. The header becomes a member of the
// answer, so that it is kept together with the page that it is about.
const header = 'Tocsin-Incomplete';

/** The number in the header, 0 when nothing is missing. */
export function incompleteIn(headers: Headers): number {
  const count = Number(headers.get(header));
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/** The same answer with the number in it, undefined when there is nothing to add. */
export async function markIncomplete(response: Response): Promise<Response | undefined> {
  const count = incompleteIn(response.headers);
  if (count === 0 || !response.headers.get('Content-Type')?.startsWith('application/json')) return undefined;
  const body = (await response.json()) as object;
  return new Response(JSON.stringify({ ...body, [header]: count }), {
    status: response.status,
    headers: { 'Content-Type': 'application/json' },
  });
}

/** How many are missing in an answer. */
export function incompleteOf(answer: object | undefined): number {
  const count: unknown = answer && Object.entries(answer).find(([name]) => name === header)?.[1];
  return typeof count === 'number' ? count : 0;
}
