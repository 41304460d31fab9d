// What to write into a sender's configuration so that it ships to this Tocsin. TOKEN stands for a token of scope ingest.

export const senders = [
  'curl',
  'rsyslog',
  'fluent-bit',
  'otel',
  'filebeat',
  'vector',
  'node',
  'python',
  'go',
] as const;
export type Sender = (typeof senders)[number];

/** The names of the senders are names: the same in every language. */
export const senderNames: Record<Sender, string> = {
  curl: 'curl',
  rsyslog: 'rsyslog',
  'fluent-bit': 'Fluent Bit',
  otel: 'OpenTelemetry Collector',
  filebeat: 'Filebeat',
  vector: 'Vector',
  node: 'Node.js',
  python: 'Python',
  go: 'Go',
};

const event = '{"source":"shop","category":"login_failed","user":"ana","ip":"192.0.2.10"}';

type Place = { origin: string; host: string; port: string; tls: boolean; syslogPort: string };

/** Where this page came from, and where syslog is heard. */
export function placeOf(url: URL, syslogAddress: string | undefined): Place {
  return {
    origin: url.origin,
    host: url.hostname,
    port: url.port || (url.protocol === 'https:' ? '443' : '80'),
    tls: url.protocol === 'https:',
    syslogPort: syslogAddress?.split(':').at(-1) ?? '5514',
  };
}

type Snippet = { file?: string; code: string };

export function snippetOf(sender: Sender, place: Place, token = 'TOKEN'): Snippet {
  const { origin, host, port, tls, syslogPort } = place;
  switch (sender) {
    case 'curl':
      return {
        code: [
          `curl -sS ${origin}/api/siem/events \\`,
          `  -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' \\`,
          `  -d '${event}'`,
        ].join('\n'),
      };
    case 'rsyslog':
      return {
        file: '/etc/rsyslog.d/tocsin.conf',
        code: `*.* action(type="omfwd" target="${host}" port="${syslogPort}" protocol="tcp"\n           TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format")`,
      };
    case 'fluent-bit':
      return {
        file: 'fluent-bit.conf',
        code: [
          '[OUTPUT]',
          '    Name              http',
          '    Match             *',
          `    Host              ${host}`,
          `    Port              ${port}`,
          '    URI               /api/siem/events',
          '    Format            json',
          '    Json_date_key     time',
          '    Json_date_format  iso8601',
          `    Header            Authorization Bearer ${token}`,
          `    Tls               ${tls ? 'On' : 'Off'}`,
        ].join('\n'),
      };
    case 'otel':
      return {
        file: 'config.yaml',
        code: [
          'exporters:',
          '  otlphttp/tocsin:',
          `    logs_endpoint: ${origin}/v1/logs`,
          '    headers:',
          `      Authorization: Bearer ${token}`,
          'service:',
          '  pipelines:',
          '    logs:',
          '      receivers: [otlp]',
          '      exporters: [otlphttp/tocsin]',
        ].join('\n'),
      };
    case 'filebeat':
      return {
        file: 'filebeat.yml',
        code: [
          'output.elasticsearch:',
          `  hosts: ["${origin}"]`,
          `  api_key: "tocsin:${token}"`,
          'setup.ilm.enabled: false',
          'setup.template.enabled: false',
        ].join('\n'),
      };
    case 'vector':
      return {
        file: 'vector.yaml',
        code: [
          'sinks:',
          '  tocsin:',
          '    type: http',
          '    inputs: ["*"]',
          `    uri: ${origin}/api/siem/events`,
          '    encoding: { codec: json }',
          '    framing: { method: newline_delimited }',
          '    request:',
          '      headers:',
          `        Authorization: Bearer ${token}`,
          '        Content-Type: application/x-ndjson',
        ].join('\n'),
      };
    case 'node':
      return {
        code: [
          `await fetch('${origin}/api/siem/events', {`,
          "  method: 'POST',",
          `  headers: { Authorization: 'Bearer ${token}', 'Content-Type': 'application/json' },`,
          `  body: JSON.stringify(${event}),`,
          '});',
        ].join('\n'),
      };
    case 'python':
      return {
        code: [
          'import json, urllib.request',
          '',
          `urllib.request.urlopen(urllib.request.Request("${origin}/api/siem/events", method="POST",`,
          `    headers={"Authorization": "Bearer ${token}", "Content-Type": "application/json"},`,
          `    data=json.dumps(${event}).encode()))`,
        ].join('\n'),
      };
    case 'go':
      return {
        code: [
          `body := strings.NewReader(\`${event}\`)`,
          `req, err := http.NewRequestWithContext(ctx, http.MethodPost, "${origin}/api/siem/events", body)`,
          'if err != nil {',
          '\treturn err',
          '}',
          `req.Header.Set("Authorization", "Bearer ${token}")`,
          'req.Header.Set("Content-Type", "application/json")',
          'resp, err := http.DefaultClient.Do(req)',
        ].join('\n'),
      };
  }
}
