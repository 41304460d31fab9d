import { codec, oneOf, text } from '../../lib/url-state';

/** Where to go after signing in, and why the reader was led here. */
export const loginSearch = codec({
  next: text(2000),
  reason: oneOf(['no-permission', 'signed-out', 'ended']),
});
