// For work on the pages without a server: answers /api from the same handlers as the tests (npm run dev:mock).
// Never part of the built app.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getResponse } from 'msw';
import type { ViteDevServer } from 'vite';
import { aDashboard, anAlert, anEvent } from '../src/test/factories';
import { handlers, newWorld } from '../src/test/handlers';

function stream(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': hello\n\n');
  const send = (name: string, data: unknown) =>
    response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  let turn = 0;
  const tail = request.url?.includes('/search/stream') ?? false;
  const timer = setInterval(
    () => {
      turn += 1;
      if (tail) {
        send(
          'log',
          anEvent({ id: `tail-${turn}`, time: new Date().toISOString(), message: `Tail line ${turn}` }),
        );
        return;
      }
      const rate = 42 + 9 * Math.sin(turn / 4) + Math.random() * 6;
      send('health', aDashboard({ ingest: { rate, lag: 0.12, dropped: 0, accepted: 18_460 + turn * 42 } }));
      if (turn % 8 === 0)
        send('alert', anAlert({ id: `al-new-${turn}`, last_seen: new Date().toISOString() }));
    },
    tail ? 700 : 1000,
  );
  request.on('close', () => clearInterval(timer));
}

async function body(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Puts the handlers in front of the development server. */
export function mount(server: ViteDevServer): void {
  const all = handlers(newWorld());
  server.middlewares.use((request, response, next) => {
    if (!request.url?.startsWith('/api/')) {
      next();
      return;
    }
    if (/\/stream(\?|$)/.test(request.url)) {
      stream(request, response);
      return;
    }
    void (async () => {
      const data = request.method === 'GET' ? undefined : new Uint8Array(await body(request));
      const answer = await getResponse(
        all,
        new Request(`http://mock${request.url}`, {
          method: request.method ?? 'GET',
          headers: { 'Content-Type': 'application/json' },
          ...(data ? { body: data } : {}),
        }),
      );
      response.writeHead(answer?.status ?? 404, Object.fromEntries(answer?.headers ?? []));
      response.end(answer?.body ? Buffer.from(await answer.arrayBuffer()) : undefined);
    })();
  });
}
