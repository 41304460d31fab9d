import { codec, oneOf, text } from '../../lib/url-state';
import { senders } from './snippets';

export const views = ['sources', 'senders', 'connect', 'tokens'] as const;

/** What the page shows: the inputs unless told otherwise; which input is open; for which sender there is a snippet. */
export const inputsSearch = codec({
  view: oneOf(views),
  input: text(200),
  sender: oneOf(senders),
});
export type InputsSearch = ReturnType<typeof inputsSearch>;
