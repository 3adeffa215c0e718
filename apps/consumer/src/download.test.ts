import { expect, it, onTestFinished } from 'vitest';
import { download } from './download.ts';
import { records } from '../testing/record.ts';
import { History } from './history.ts';
import { WorkQueue } from './work-queue.ts';

const TOPIC = 'hello-world';

it('ends in the middle when the topic may not be seen any more', async () => {
  const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 10_000, maxBytes: 1e9 });
  onTestFinished(() => history.close());
  history.insert(TOPIC, records(0, 1_999));
  let mayRead = true;
  const parts: string[] = [];
  const read = async () => {
    for await (const part of download({
      history,
      work: new WorkQueue(),
      topic: TOPIC,
      format: 'ndjson',
      bounds: {},
      isAllowed: () => mayRead,
      signal: new AbortController().signal,
    })) {
      parts.push(part as string);
      mayRead = false;
    }
  };
  await expect(read()).rejects.toThrow('hello-world may not be seen any more');
  // What was asked for ahead has been read by then, and nothing more.
  expect(parts.join('').split('\n').length - 1).toBeLessThan(2_000);
});
