import type { LogRecord } from '@hello/broadcasts';
import { describe, expect, it } from 'vitest';
import { record } from '../../testing/record.ts';
import { toHistoryRecord } from './record.ts';

const MIB = 1024 * 1024;
const recordWith = (changes: Partial<LogRecord>): LogRecord => ({ ...(record(1) as LogRecord), ...changes });

describe('what a record has beside its value', () => {
  const headers: LogRecord['headers'] = [['name', Buffer.alloc(100)]];

  it('is kept as it is up to 1 MiB, however large the value is', () => {
    const whole = recordWith({ key: Buffer.alloc(MIB - 104), headers, value: Buffer.alloc(2 * MIB) });
    expect(toHistoryRecord(whole, 0)).toBe(whole);
  });

  it('is only the beginning of the key above that', () => {
    const { key, headers: kept, value } = toHistoryRecord(recordWith({ key: Buffer.alloc(MIB - 103), headers }), 0);
    expect(key).toHaveLength(64 * 1024);
    expect(kept).toEqual([]);
    expect(value).toEqual(record(1).value);
  });

  it('is nothing above that where there is no key', () => {
    const large = recordWith({ key: null, headers: [['name', Buffer.alloc(MIB)]] });
    expect(toHistoryRecord(large, 0)).toMatchObject({ key: null, headers: [] });
  });
});

describe('a time', () => {
  const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

  it.each([0, 1, LAST_TIME])('of %i is kept', (timestamp) => {
    expect(toHistoryRecord(recordWith({ timestamp }), 7)).toMatchObject({ timestamp, timestampType: 'append' });
  });

  it.each([-1, LAST_TIME + 1, 0.5, NaN, 2 ** 60])('of %d is that of the record before, and not known', (timestamp) => {
    expect(toHistoryRecord(recordWith({ timestamp }), 7)).toMatchObject({ timestamp: 7, timestampType: 'unknown' });
  });
});
