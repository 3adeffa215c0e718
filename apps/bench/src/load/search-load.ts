import { Answers, HttpConnection, type HttpMeasurement } from './http-load.ts';

export interface SearchMeasurement extends HttpMeasurement {
  /** How many messages were looked at, in all answers and in a second. */
  looked: number;
  lookedPerSecond: number;
  found: number;
}

interface Page {
  messages: unknown[];
  next: string | null;
  searched: { messages: number };
}

/** Searches through a whole history as the page does: each answer says where the next one begins. */
export async function measureSearch(port: number, path: string): Promise<SearchMeasurement> {
  const answers = new Answers();
  const connection = new HttpConnection(port);
  let [looked, found] = [0, 0];
  let next: string | null = null;
  do {
    const before = next === null ? '' : `&before=${next}`;
    const body = await answers.time(() => connection.get(path + before));
    const page = JSON.parse(body.toString()) as Page;
    looked += page.searched.messages;
    found += page.messages.length;
    ({ next } = page);
  } while (next !== null);
  const { ms } = answers;
  connection.close();
  return { ...answers.measured(), looked, lookedPerSecond: (looked / ms) * 1000, found };
}
