import { encodeBroadcast } from '@hello/broadcasts';
import type * as Schema from '../../broadcasts/src/broadcast.ts';
import { expect, it, vi } from 'vitest';
import { openLog, startConsumer } from '../testing/consumer.ts';

const TOPIC = 'hello-world';
const PATH = `/api/topics/${TOPIC}/messages`;

// What somebody changes who makes this theirs: a line in the schema.
vi.mock('../../broadcasts/src/broadcast.ts', async (importOriginal) => {
  const { z } = await import('zod');
  const { BroadcastSchema } = await importOriginal<typeof Schema>();
  return { BroadcastSchema: BroadcastSchema.extend({ priority: z.enum(['low', 'high']) }) };
});

const OLD = { text: 'Hello', environment: 'test', sequence: 1, sentAt: 1, nextInMs: 1.5, dueAt: 1 };
const NEW = { ...OLD, text: 'Hello again', sequence: 2, priority: 'high' };
const WRONG = { ...OLD, priority: 'urgent' };

async function start() {
  const log = await openLog(TOPIC);
  for (const broadcast of [OLD, NEW, WRONG])
    await log.topic(TOPIC).append({ key: 'test', value: encodeBroadcast(broadcast) });
  const { url, consumer } = await startConsumer(log);
  await expect.poll(() => consumer.notReady()).toBeUndefined();
  const get = (path: string) => fetch(url + path);
  return {
    text: async (path: string) => (await get(path)).text(),
    json: async (path: string) => (await get(path)).json(),
  };
}

it('a field that is added to the schema is in messages, and null in those from before', async () => {
  const { json } = await start();
  const { messages } = await json(PATH);
  expect(messages).toMatchObject([
    // As a text, since it is not what the schema says.
    { text: JSON.stringify({ version: 1, ...WRONG }), sequence: null, priority: null },
    NEW,
    { ...OLD, priority: null },
  ]);
  for (const message of messages) expect(message).not.toHaveProperty('unreadable');
});

it('a field that is added to the schema is in the details, and is named with the others', async () => {
  const { json } = await start();
  expect(await json(`${PATH}/0/0`)).toMatchObject({ ...OLD, priority: null });
  expect(await json(`${PATH}/0/1`)).toMatchObject(NEW);
  expect((await json('/api/topics')).fields).toEqual([...Object.keys(OLD), 'priority']);
});

it('a field that is added to the schema is a column of the CSV, empty in rows from before', async () => {
  const { text } = await start();
  const [names, , added, before] = (await text(`${PATH}?format=csv`)).split('\n');
  expect(names).toBe(`topic,partition,offset,timestamp,key,${Object.keys(OLD).join(',')},priority,headers,unreadable`);
  expect(added).toMatch(/,Hello again,test,2,1,1\.5,1,high,,$/);
  expect(before).toMatch(/,Hello,test,1,1,1\.5,1,,,$/);
});
