// How the first event comes in: shown wherever there is nothing yet.
import { useTranslation } from 'react-i18next';
import { Snippet } from './snippet';

export function FirstEvent() {
  const { t } = useTranslation();
  const body =
    '{"source":"authentication","category":"login_failed","user":"ana","ip":"192.0.2.10","message":"login failed"}';
  const curl = [
    'TOKEN=$(tocsin token create --name first --scope ingest)',
    'curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\',
    `  -d '${body}' \\`,
    `  ${location.origin}/api/siem/events`,
  ].join('\n');
  const rsyslog = `action(type="omfwd" target="${location.hostname}" port="5514" protocol="tcp")`;
  return (
    <>
      <Snippet title={t('first.curl')} code={curl} />
      <Snippet title={t('first.rsyslog')} code={rsyslog} />
    </>
  );
}
