import { expect, it, onTestFinished } from 'vitest';
import { download } from './download.ts';
import { History } from './history.ts';

const TOPIC = 'hello-world';

it('ends in the middle when the topic may not be seen any more', async () => {
  const history = new History({ topics: [TOPIC], maxAgeMs: Infinity, maxRows: 10_000 });
  onTestFinished(() => history.close());
  const broadcast = { text: 'Hello world', environment: 'test', sequence: 1, sentAt: 0, nextInMs: 1 };
  const messages = Array.from({ length: 2000 }, (_, offset) => ({
    topic: TOPIC,
    partition: 0,
    offset,
    timestamp: offset,
    ...broadcast,
  }));
  history.insert(TOPIC, messages);
  let mayRead = true;
  const parts: string[] = [];
  const read = async () => {
    for await (const part of download(history, TOPIC, 'ndjson', {}, () => mayRead)) {
      parts.push(part as string);
      mayRead = false;
    }
  };
  await expect(read()).rejects.toThrow('hello-world may not be seen any more');
  // What was asked for ahead has been read by then, and nothing more.
  expect(parts.join('').split('\n').length - 1).toBeLessThan(messages.length);
});
