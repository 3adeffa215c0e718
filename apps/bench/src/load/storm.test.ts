import { expect, it } from 'vitest';
import { append, openLog, startConsumer } from '../../../consumer/testing/consumer.ts';
import { TOPIC } from '../peers/consumer.ts';
import { Comeback, storm } from './storm.ts';

it('brings clients back, who get what they missed, once and in order', async () => {
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, 30);
  const { url } = await startConsumer(log);
  const response = await fetch(`${url}/api/topics/${TOPIC}/messages`);
  const { messages } = (await response.json()) as { messages: { offset: number; timestamp: number }[] };
  const { timestamp } = messages.find(({ offset }) => offset === 9)!;
  const plan = { port: Number(new URL(url).port), clients: 100, position: { next: 10, timestamp }, until: 29 };
  expect(await storm(plan)).toMatchObject({ missing: 0, doubled: 0, gaps: 0 });
});

it('notices what does not come, and what comes twice', () => {
  const comeback = new Comeback(10);
  for (const offset of [10, 11, 13, 13, 14]) comeback.take(offset);
  expect(comeback).toMatchObject({ missing: 1, doubled: 1, next: 15, gaps: 0 });
  comeback.tellGap();
  for (const offset of [30, 31]) comeback.take(offset);
  expect(comeback).toMatchObject({ missing: 1, doubled: 1, next: 32, gaps: 1 });
});
