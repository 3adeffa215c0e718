import { broadcastFields, encodeBroadcast, type Log, type LogRecord, textOnly } from '@hello/broadcasts';
import { describe, expect, it } from 'vitest';
import { append, openLog, startConsumer, withTopic } from '../../testing/consumer.ts';
import { INLINE_BYTES } from '../history/large-values.ts';

const TOPIC = 'hello-world';
const PATH = `/api/topics/${TOPIC}/messages`;
const LOGGED = 1_700_000_000_000;

/** A log whose records are what the test makes of them. */
const changing = (log: Log, change: (record: LogRecord) => LogRecord[]): Log =>
  withTopic(log, (topicLog) => ({
    async *read(options) {
      for await (const batch of topicLog.read(options)) yield { ...batch, records: batch.records.flatMap(change) };
    },
  }));

async function start(log: Log, env: Record<string, string> = {}) {
  const { url, consumer } = await startConsumer(log, env);
  await expect.poll(() => consumer.notReady()).toBeUndefined();
  const json = async (path: string) => (await fetch(url + path)).json();
  return { url, json };
}

/** A consumer of one record that is as the test says. */
async function startWith(changes: Partial<LogRecord>) {
  const log = await openLog(TOPIC);
  await append(log, TOPIC, 1, 1);
  return start(changing(log, (record) => [{ ...record, timestamp: LOGGED, ...changes }]));
}

describe('the details of a message', () => {
  it('are its place, its key, all fields of the broadcast, and what is known of its record', async () => {
    const broadcast = { text: 'Hello', environment: 'test', sequence: 3, sentAt: 2, nextInMs: 1.5, dueAt: 1 };
    const value = encodeBroadcast(broadcast);
    const headers: LogRecord['headers'] = [['trace', Buffer.from('a1')]];
    const { url } = await startWith({ value, headers, timestampType: 'create' });
    const response = await fetch(`${url}${PATH}/0/0`);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const details = await response.json();
    expect(details).toEqual({
      topic: TOPIC,
      partition: 0,
      offset: 0,
      timestamp: LOGGED,
      key: 'test',
      ...textOnly(''),
      ...broadcast,
      headers: [['trace', 'a1']],
      timestampType: 'create',
      size: value.length,
      value: `api/topics/${TOPIC}/messages/0/0/value`,
      readAt: null,
      trace: null,
    });
    expect(Object.keys(details).slice(5, 5 + broadcastFields.length)).toEqual(broadcastFields);
  });

  it('tell when a message was read that came while the consumer ran, by its clock', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 1);
    const { json } = await start(log);
    const before = Date.now();
    await append(log, TOPIC, 2, 2);
    await expect.poll(() => json(`${PATH}/0/1`)).toMatchObject({ readAt: expect.any(Number), timestampType: 'append' });
    const { readAt } = await json(`${PATH}/0/1`);
    expect(readAt).toBeGreaterThanOrEqual(before);
    expect(readAt).toBeLessThanOrEqual(Date.now());
    expect(await json(`${PATH}/0/0`)).toMatchObject({ readAt: null });
    expect((await json(PATH)).messages[0]).not.toHaveProperty('readAt');
  });

  it('tell the trace that the headers name, and whether it is recorded', async () => {
    const id = '4bf92f3577b34da6a3ce929d0e0e4736';
    const named = (value: string) => [['traceparent', Buffer.from(value)]] as LogRecord['headers'];
    const recorded = await startWith({ headers: named(`00-${id}-00f067aa0ba902b7-01`) });
    expect(await recorded.json(`${PATH}/0/0`)).toMatchObject({ trace: { id, sampled: true } });
    const silent = await startWith({ headers: named(`00-${id}-00f067aa0ba902b7-00`) });
    expect(await silent.json(`${PATH}/0/0`)).toMatchObject({ trace: { id, sampled: false } });
    const wrong = await startWith({ headers: named(`00-${id.toUpperCase()}-00f067aa0ba902b7-01`) });
    expect(await wrong.json(`${PATH}/0/0`)).toMatchObject({ trace: null });
  });

  it('have the whole of a text, a key and headers that lists cut', async () => {
    const text = 'x'.repeat(INLINE_BYTES);
    const key = Buffer.alloc(20_000, 'k');
    const { json } = await startWith({ value: Buffer.from(text), key, headers: [['a', key]] });
    const details = await json(`${PATH}/0/0`);
    expect(details).toMatchObject({ text, key: key.toString(), headers: [['a', key.toString()]], size: INLINE_BYTES });
    expect(details).not.toHaveProperty('truncated');
  });

  it('have the beginning of what is above 1 MiB, and where the whole is', async () => {
    const { json } = await startWith({ value: Buffer.alloc(INLINE_BYTES + 1, 'x') });
    const { text, ...details } = await json(`${PATH}/0/0`);
    expect(text).toMatch(/^x{60000}/);
    expect(details).toMatchObject({
      truncated: true,
      size: INLINE_BYTES + 1,
      value: `api/topics/${TOPIC}/messages/0/0/value`,
    });
  });

  it('have the first 4 KiB of bytes that are no text', async () => {
    const { json } = await startWith({ value: Buffer.alloc(5_000, 0xfe), key: Buffer.from([0xff]) });
    expect(await json(`${PATH}/0/0`)).toMatchObject({
      text: '',
      unreadable: 'the value is not text in UTF-8',
      hex: 'fe'.repeat(4_096),
      size: 5_000,
      key: null,
      keyHex: 'ff',
    });
  });

  it('say that there is no value', async () => {
    const { json } = await startWith({ value: null, timestamp: -1 });
    expect(await json(`${PATH}/0/0`)).toMatchObject({
      unreadable: 'the record has no value',
      hex: '',
      size: null,
      headers: [],
      timestampType: 'unknown',
    });
  });

  it('have no bytes of what could be read', async () => {
    const { json } = await startWith({ value: Buffer.from('{"order":5}') });
    const details = await json(`${PATH}/0/0`);
    expect(details).toMatchObject({ text: '{"order":5}', sequence: null });
    expect(details).not.toHaveProperty('hex');
    expect(details).not.toHaveProperty('unreadable');
  });
});

describe.each(['', '/value'])('of a message that is not kept, …%s says', (what) => {
  const problemAt = async (url: string, place: string) => {
    const response = await fetch(`${url}${PATH}/${place}${what}`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    return response.json();
  };

  it('that it was evicted', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 3);
    const { url } = await start(log, { HISTORY_MAX_ROWS: '2' });
    expect(await problemAt(url, '0/0')).toMatchObject({ detail: `0/0 of ${TOPIC} was evicted`, reason: 'evicted' });
    expect((await fetch(`${url}${PATH}/0/1${what}`)).status).toBe(200);
  });

  it('that it was never there', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 3);
    const { url } = await start(changing(log, (record) => (record.offset === 1 ? [] : [record])));
    expect(await problemAt(url, '0/1')).toMatchObject({ detail: `0/1 of ${TOPIC} was never there`, reason: 'absent' });
  });

  it('that it is not there yet', async () => {
    const log = await openLog(TOPIC);
    await append(log, TOPIC, 1, 1);
    const { url } = await start(log);
    for (const place of ['0/1', '9/0'])
      expect(await problemAt(url, place)).toMatchObject({
        detail: `${place} of ${TOPIC} is not there yet`,
        reason: 'ahead',
      });
  });

  it.each(['00/0', '0/00', '-1/0', '0/x', '0/99999999999999999999'])('that %s was never a place', async (place) => {
    const { url } = await start(await openLog(TOPIC));
    expect(await problemAt(url, place)).toMatchObject({ reason: 'absent' });
  });
});

it('a message of a topic that is not there is not looked for', async () => {
  const { json } = await start(await openLog(TOPIC));
  expect(await json('/api/topics/nope/messages/0/0')).toMatchObject({
    status: 404,
    detail: `there is no topic nope here; there is ${TOPIC}`,
  });
});
