import { decodeBroadcast, earliest, type LogRecord } from '@hello/broadcasts';
import { expect, it } from 'vitest';
import { MadeLog, RARE, timestampOf } from './made-log.ts';

it('has as many records as it was told, in order, the last one of now, and then waits', async () => {
  const log = new MadeLog(2_500);
  const topicLog = log.topic('hello-world');
  expect(await topicLog.ensure({ partitions: 1, replication: 1, retentionMs: -1 })).toEqual([]);
  expect(await topicLog.listOffsets()).toEqual([{ partition: 0, low: 0, high: 2_500 }]);
  const stop = new AbortController();
  const records: LogRecord[] = [];
  for await (const batch of topicLog.read({ from: earliest(), signal: stop.signal })) {
    records.push(...batch.records);
    if (records.length === 2_500) stop.abort();
  }
  expect(records.map(({ offset }) => offset)).toEqual(records.map((_, index) => index));
  expect(records.map(({ timestamp }) => timestamp)).toEqual(
    records.map(({ offset }) => timestampOf(offset, 2_500, log.now)),
  );
  expect(records.map(({ value }) => decodeBroadcast(value).sequence)).toEqual(records.map((_, index) => index + 1));
  expect(records.filter(({ value }) => decodeBroadcast(value).text === RARE).map(({ offset }) => offset)).toEqual([0]);
  await log.close();
});

it('gives on what is appended while it is read', async () => {
  const topicLog = new MadeLog(1).topic('hello-world');
  const stop = new AbortController();
  const offsets: number[] = [];
  for await (const { records } of topicLog.read({ from: earliest(), signal: stop.signal })) {
    offsets.push(...records.map(({ offset }) => offset));
    if (offsets.length === 3) stop.abort();
    else void topicLog.append({ key: 'test', value: null });
  }
  expect(offsets).toEqual([0, 1, 2]);
  expect(await topicLog.listOffsets()).toEqual([{ partition: 0, low: 0, high: 3 }]);
});
