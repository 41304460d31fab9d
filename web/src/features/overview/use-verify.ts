import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/client';
import { dashboardQuery } from '../../api/hooks';
import { verifyAll } from '../../api/verification';
import { toastDone, toastFailed } from '../../ui/toast';

/** Checks everything the journal holds and says what came of it. */
export function useVerify(): { verify: () => void; verifying: boolean } {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const check = useMutation({
    mutationFn: verifyAll,
    onSuccess: ({ verified, tampered, total, status }) => {
      const broken = tampered > 0 || status === 'INVALID' || status === 'DIVERGED';
      if (broken) toastFailed(t('siem.integrityCompromised', { tampered, total, count: tampered }));
      else toastDone(t('siem.integrityVerified', { verified, count: verified }));
      void queries.invalidateQueries({ queryKey: dashboardQuery().queryKey });
    },
    onError: (error) => {
      const busy = error instanceof ApiError && error.status === 409;
      toastFailed(busy ? t('overview.verifyBusy') : t('siem.integrityCheckFailed'));
    },
  });
  return { verify: () => check.mutate(), verifying: check.isPending };
}
