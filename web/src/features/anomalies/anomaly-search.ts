import { codec, oneOf, text } from '../../lib/url-state';

export const anomalyStatuses = ['open', 'resolved', 'all'] as const;
export const severities = ['critical', 'high', 'medium', 'low'] as const;

/** The filters of the anomaly list; without a status it shows the open ones. */
export const anomalySearch = codec({
  status: oneOf(anomalyStatuses),
  severity: oneOf(severities),
  type: text(200),
});
export type AnomalySearch = ReturnType<typeof anomalySearch>;
