const SIGNED_OUT = 401;

/** A message as the server has it, and the JSON that it is. */
export interface WholeMessage {
  message: Record<string, unknown>;
  json: string;
}

/**
 * Gets the whole of a message.
 *
 * @throws {Error} with a sentence that says why it cannot be had.
 */
export async function fetchMessage(
  { topic, partition, offset }: { topic: string; partition: number; offset: number },
  signal: AbortSignal,
): Promise<WholeMessage> {
  const address = `api/topics/${encodeURIComponent(topic)}/messages/${partition}/${offset}`;
  const response = await fetch(address, { signal }).catch(() => {
    throw new Error('The server cannot be reached.');
  });
  const json = await response.text().catch(() => '');
  if (response.status === SIGNED_OUT) throw new Error('You are signed out: sign in again to see the whole message.');
  const body = parse(json);
  const detail = body?.['detail'];
  if (!response.ok)
    throw new Error(typeof detail === 'string' ? sentence(detail) : `The server answers ${response.status}.`);
  if (!body) throw new Error('The server’s answer cannot be read.');
  return { message: body, json };
}

function parse(json: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(json);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
