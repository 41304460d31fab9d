// The one way to the server: typed by api/openapi.yaml, session cookie, problem+json errors.
import createClient, { type Middleware } from 'openapi-fetch';
import { incompleteIn, markIncomplete } from './incomplete';
import type { components, paths } from './schema.gen';

export type Schemas = components['schemas'];

/** An error the server explained (RFC 9457), or one made of what we know when it could not. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly retryAfter: number | undefined;
  /** Stored events that cannot be read, one of which may have been what was asked for. */
  readonly incomplete: number;
  readonly problem: Partial<Schemas['Problem']>;

  constructor(status: number, problem: Partial<Schemas['Problem']>, retryAfter?: number, incomplete = 0) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.code = problem.code ?? (status === 0 ? 'unreachable' : 'unknown');
    this.field = problem.field;
    this.retryAfter = retryAfter;
    this.incomplete = incomplete;
    this.problem = problem;
  }
}

/** Called when the session is over (401) or may not see this (403); app decides where to lead. */
type Refused = (status: 401 | 403, path: string) => void;
let refused: Refused = () => {};
export function onRefused(handler: Refused): void {
  refused = handler;
}

async function toError(response: Response): Promise<ApiError> {
  let problem: Partial<Schemas['Problem']> = {};
  try {
    problem = (await response.clone().json()) as Partial<Schemas['Problem']>;
  } catch {
    // not JSON: the status says what there is to say
  }
  const wait = Number(response.headers.get('Retry-After'));
  return new ApiError(
    response.status,
    problem,
    Number.isFinite(wait) && wait > 0 ? wait : undefined,
    incompleteIn(response.headers),
  );
}

const errors: Middleware = {
  async onResponse({ request, response, schemaPath }) {
    if (response.ok) return markIncomplete(response);
    const reading = request.method === 'GET';
    if (schemaPath !== '/api/auth/login') {
      if (response.status === 401) refused(401, schemaPath);
      else if (response.status === 403 && reading) refused(403, schemaPath);
    }
    throw await toError(response);
  },
  onError({ error }) {
    if (error instanceof ApiError) return error;
    return new ApiError(0, { detail: error instanceof Error ? error.message : String(error) });
  },
};

export const client = createClient<paths>({
  baseUrl: typeof location === 'undefined' ? '/' : location.origin,
  credentials: 'same-origin',
  fetch: (request) => globalThis.fetch(request),
});
client.use(errors);
