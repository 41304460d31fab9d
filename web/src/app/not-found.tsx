// A URL that leads nowhere, and a page that broke.
import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState, ErrorState } from '../ui/state';

export function NotFound() {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${t('app.notFound')} · Tocsin`;
  }, [t]);
  return (
    <main>
      <EmptyState
        level={1}
        icon={Compass}
        title={t('app.notFound')}
        actions={<Link to="/">{t('app.toOverview')}</Link>}
      >
        {t('app.notFoundText')}
      </EmptyState>
    </main>
  );
}

export function Crashed({ reset }: { reset: () => void }) {
  const { t } = useTranslation();
  return <ErrorState title={t('app.crashed')} detail={t('app.crashedText')} onRetry={reset} />;
}
