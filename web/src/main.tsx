// Starts the app: language first, so that nothing is ever shown in the wrong one.
import { createRoot } from 'react-dom/client';
import './ui/styles.css';
import { newQueryClient } from './api/hooks';
import { Providers } from './app/providers';
import { newRouter } from './app/router';
import { startI18n } from './i18n';
import { preferences } from './lib/preferences';

const root = document.getElementById('root');
if (root) {
  const i18n = await startI18n(preferences().language);
  const queries = newQueryClient();
  createRoot(root).render(<Providers i18n={i18n} queries={queries} router={newRouter(queries)} />);
}
