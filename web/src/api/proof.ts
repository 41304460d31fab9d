// What proves one event. The server has checked it as a stranger would before it answers.
import { ApiError, client } from './client';

export type Proof = {
  /** How many sealed ranges the checkpoint covers: its number. */
  headers: number;
  /** The evidence bundle, to be kept as a file. */
  bundle: string;
};

export async function proveEvent(id: string): Promise<Proof> {
  const { data } = await client.GET('/api/siem/logs/{id}/proof', { params: { path: { id } } });
  if (!data || typeof data === 'string') throw new ApiError(0, {});
  return { headers: Number(data.checkpoint.split('\n')[1]), bundle: data.bundle };
}
