import { codec, oneOf, text } from '../../lib/url-state';

export const alertStatuses = ['active', 'acknowledged', 'resolved'] as const;
export const severities = ['critical', 'high', 'medium', 'low'] as const;

/** The filters of the alert list; without a status it shows what is not resolved. */
export const alertSearch = codec({
  status: oneOf(alertStatuses),
  severity: oneOf(severities),
  rule: text(200),
});
export type AlertSearch = ReturnType<typeof alertSearch>;
