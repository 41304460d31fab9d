// A check of the whole journal: at once when it is small, else as a job that is asked again and again.
import { ApiError, client, type Schemas } from './client';

export type Verification = Schemas['Verification'];

const askEvery = 2000;

/** Checks everything that is recorded and waits for the outcome, however long it takes. */
export async function verifyAll(): Promise<Verification> {
  const { data: answer } = await client.POST('/api/siem/logs/verify', {});
  if (!answer) throw new ApiError(0, {});
  if (!('state' in answer)) return answer;
  let job = answer;
  while (job.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, askEvery));
    const { data } = await client.GET('/api/siem/logs/verify/{id}', { params: { path: { id: job.id } } });
    if (!data) throw new ApiError(0, {});
    job = data;
  }
  if (!job.result) throw new ApiError(0, { detail: job.state });
  return job.result;
}
