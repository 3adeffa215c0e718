import { gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatchToEncode, encodeBatch, encodeMarker } from '../testing/record-batches.ts';
import type { AbortedTransaction } from './aborted-transactions.ts';
import { endOfBatches } from './batch-header.ts';
import { readBatches, type RecordGroup } from './record-batch.ts';
import { HEADERS_MAX, RECORD_BYTES_MAX } from './record-parser.ts';
import type { LogRecord } from './topic-log.ts';

const GZIP = 1;
const ZSTD = 4;
const APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const BIG = 1_000_000;

const text = (value: string): { value: Buffer } => ({ value: Buffer.from(value) });
const valuesOf = (records: LogRecord[]): (string | undefined)[] => records.map(({ value }) => value?.toString());

async function groupsOf(
  batches: Buffer[],
  { from = 0, aborted = [] as AbortedTransaction[] } = {},
): Promise<RecordGroup[]> {
  const bytes = Buffer.concat(batches);
  const next = endOfBatches(bytes, { from, high: BIG });
  return Array.fromAsync(readBatches({ topic: 't', partition: 3, bytes, from, high: BIG, next, aborted }));
}

async function recordsOf(...parameters: Parameters<typeof groupsOf>): Promise<LogRecord[]> {
  return (await groupsOf(...parameters)).flatMap(({ records }) => records);
}

/** Bytes whose records are such that each part that is decompressed ends somewhere else. */
const OPTIONAL_BYTES = fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));
const RECORD = fc.record({
  timestampDelta: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  key: OPTIONAL_BYTES,
  value: OPTIONAL_BYTES,
  headers: fc.array(fc.tuple(fc.string(), OPTIONAL_BYTES), { maxLength: 3 }),
});

describe('readBatches', () => {
  it.each([
    ['as it is', 0, (records: Buffer) => records],
    ['compressed with gzip', GZIP, (records: Buffer) => gzipSync(records)],
    ['compressed with zstd', ZSTD, (records: Buffer) => zstdCompressSync(records)],
  ])('gives back any records of a batch that is %s', async (_, attributes, pack) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(RECORD, { minLength: 1, maxLength: 20 }),
        fc.nat({ max: 2 ** 40 }),
        fc.integer({ min: -1, max: 2 ** 42 }),
        async (records, baseOffset, baseTimestamp) => {
          const batch = encodeBatch({ records, baseOffset, baseTimestamp, attributes, pack });
          const next = baseOffset + records.length;
          const fetched = { topic: 't', partition: 3, bytes: batch, from: baseOffset, high: next, next, aborted: [] };
          const [group] = await Array.fromAsync(readBatches(fetched));
          const place = { topic: 't', partition: 3, timestampType: 'create' };
          expect(group!.next).toBe(next);
          expect(group!.records).toEqual(
            records.map(({ timestampDelta, ...record }, index) => ({
              ...place,
              ...record,
              offset: baseOffset + index,
              timestamp: baseTimestamp + timestampDelta,
            })),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('holds few records at a time whose headers are large or many', async () => {
    const large: [string, Buffer][] = [['h', Buffer.alloc(700_000)]];
    const many = Array.from({ length: HEADERS_MAX }, (): [string, Buffer] => ['', Buffer.alloc(0)]);
    for (const headers of [large, many]) {
      const records = Array.from({ length: 40 }, () => ({ headers }));
      const groups = await groupsOf([encodeBatch({ records, attributes: GZIP, pack: gzipSync })]);
      expect(groups.flatMap((group) => group.records)).toHaveLength(40);
      expect(Math.max(...groups.map((group) => group.records.length))).toBeLessThan(20);
    }
  });

  it('leaves out headers that are more than fit the memory', async () => {
    const headers = Array.from({ length: HEADERS_MAX + 1 }, (_, index): [string, null] => [String(index), null]);
    const [first, second] = await recordsOf([encodeBatch({ records: [{ headers }, text('next')] })]);
    expect(first!.headers).toEqual(headers.slice(0, HEADERS_MAX));
    expect(second!.value?.toString()).toBe('next');
  });

  it('takes the time of the log for all records of a batch that has it', async () => {
    const records = [{ timestampDelta: 5 }, { timestampDelta: 7 }];
    const batch = encodeBatch({ records, attributes: APPEND_TIME, baseTimestamp: 100, maxTimestamp: 200 });
    expect(await recordsOf([batch])).toMatchObject([
      { timestamp: 200, timestampType: 'append' },
      { timestamp: 200, timestampType: 'append' },
    ]);
  });

  it('leaves out what comes before the offset that is wanted', async () => {
    const batch = encodeBatch({ baseOffset: 10, records: [text('a'), text('b'), text('c')] });
    expect(await recordsOf([batch], { from: 11 })).toMatchObject([{ offset: 11 }, { offset: 12 }]);
  });

  it('goes on past offsets without a record, as compaction leaves them', async () => {
    const batch = encodeBatch({
      span: 9,
      records: [
        { offsetDelta: 2, ...text('a') },
        { offsetDelta: 5, ...text('b') },
      ],
    });
    const [group] = await groupsOf([batch]);
    expect(group).toMatchObject({ next: 9, records: [{ offset: 2 }, { offset: 5 }] });
  });

  it('says how far it got where all records were taken away', async () => {
    expect(await groupsOf([encodeBatch({ span: 4, records: [] })])).toEqual([{ records: [], next: 4 }]);
  });

  describe('transactions', () => {
    const inTransaction = (producerId: number, baseOffset: number, value: string): Buffer =>
      encodeBatch({ producerId, baseOffset, attributes: TRANSACTIONAL, records: [text(value)] });

    it('leaves out what was aborted, and the control records', async () => {
      const batches = [
        inTransaction(1, 0, 'given up'),
        inTransaction(2, 1, 'kept'),
        encodeBatch({ baseOffset: 2, records: [text('of no transaction')] }),
        encodeMarker({ baseOffset: 3, producerId: 1, commit: false }),
        inTransaction(1, 4, 'kept, the next of the same producer'),
        encodeMarker({ baseOffset: 5, producerId: 1, commit: true }),
        encodeMarker({ baseOffset: 6, producerId: 2, commit: true }),
      ];
      const [group] = await groupsOf(batches, { aborted: [{ producerId: 1n, firstOffset: 0 }] });
      expect(valuesOf(group!.records)).toEqual(['kept', 'of no transaction', 'kept, the next of the same producer']);
      expect(group!.next).toBe(7);
    });

    it('reads on within one that is aborted again by the same producer', async () => {
      const batches = [
        inTransaction(1, 0, 'a'),
        encodeMarker({ baseOffset: 1, producerId: 1, commit: false }),
        inTransaction(1, 2, 'b'),
        encodeMarker({ baseOffset: 3, producerId: 1, commit: false }),
      ];
      const aborted = [2, 0].map((firstOffset) => ({ producerId: 1n, firstOffset }));
      expect(await groupsOf(batches, { aborted })).toEqual([{ records: [], next: 4 }]);
    });
  });

  describe('what is damaged', () => {
    const good = (baseOffset: number): Buffer => encodeBatch({ baseOffset, records: [text('good')] });
    const damaged = (change: (bytes: Buffer) => void, batch: Partial<BatchToEncode> = {}): Buffer => {
      const bytes = encodeBatch({ baseOffset: 1, records: [text('a'), text('b')], maxTimestamp: 7, ...batch });
      change(bytes);
      return bytes;
    };

    it.each<[string, Buffer, string]>([
      ['a bit that was turned over', damaged((bytes) => (bytes[70]! ^= 1)), 'its checksum is wrong'],
      ['an unknown codec', damaged(() => {}, { attributes: 7 }), 'it is compressed with an unknown codec (7)'],
      ['what is not what its codec says', damaged(() => {}, { attributes: GZIP }), 'incorrect header check'],
      [
        'compressed records that end too early',
        damaged(() => {}, { attributes: GZIP, pack: (records) => gzipSync(records).subarray(0, 12) }),
        'unexpected end of file',
      ],
      [
        'a format of long ago',
        damaged((bytes) => bytes.writeInt8(1, 16), { records: [text('a')] }),
        'its format (1) is not',
      ],
    ])('%s is one record that says so, and what comes next is read', async (_, bytes, reason) => {
      const records = await recordsOf([good(0), bytes, good(3)]);
      expect(records).toMatchObject([
        { offset: 0 },
        { offset: 1, key: null, value: null, headers: [], unreadable: expect.stringContaining(reason) },
        { offset: 3 },
      ]);
    });

    it('keeps the records that came before what is damaged', async () => {
      const pack = (records: Buffer): Buffer => records.subarray(0, 9);
      const records = await recordsOf([encodeBatch({ records: [text('a'), text('b')], pack }), good(2)]);
      expect(records).toMatchObject([{ offset: 0 }, { offset: 1, unreadable: /missing/ }, { offset: 2 }]);
    });

    it('leaves a batch that is cut for the next time, as brokers cut them', async () => {
      const groups = await groupsOf([good(0), good(1).subarray(0, -1)]);
      expect(groups).toMatchObject([{ records: [{ offset: 0 }], next: 1 }]);
    });

    it('passes over what is cut at the very beginning, where nobody would ever come past it', async () => {
      expect(await groupsOf([good(5).subarray(0, -1)], { from: 5 })).toMatchObject([
        { records: [{ offset: 5, unreadable: 'a batch cannot be read: it is not whole' }], next: 6 },
      ]);
      expect(await groupsOf([Buffer.from('?')], { from: 5 })).toMatchObject([{ next: 6 }]);
    });

    it('does not believe in offsets where nothing can be', async () => {
      const bytes = damaged((batch) => batch.writeBigInt64BE(2n ** 50n, 0));
      expect(await groupsOf([good(0), bytes])).toMatchObject([{ next: 1 }]);
      expect(await groupsOf([bytes], { from: 1 })).toMatchObject([{ records: [{ offset: 1 }], next: 2 }]);
    });

    it('reads what came after the broker looked where the log ends', async () => {
      const bytes = Buffer.concat([good(0), good(1)]);
      const next = endOfBatches(bytes, { from: 0, high: 1 });
      expect(next).toBe(2);
    });

    it('never throws, never goes back and always goes on, whatever comes', async () => {
      const batch = encodeBatch({
        records: [text('a'), text('b')],
        pack: (records) => gzipSync(records),
        attributes: GZIP,
      });
      const bytes = Buffer.concat([batch, good(2)]);
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), async (at, byte) => {
          const changed = Buffer.from(bytes);
          changed[at] = byte;
          const next = endOfBatches(changed, { from: 0, high: 3 });
          expect(next).toBeGreaterThan(0);
          const fetched = { topic: 't', partition: 0, bytes: changed, from: 0, high: 3, next, aborted: [] };
          const groups = await Array.fromAsync(readBatches(fetched));
          expect(groups.at(-1)!.next).toBe(next);
        }),
        { numRuns: 300 },
      );
    });
  });

  describe('size', () => {
    it('goes on in groups of about 1 MiB', async () => {
      const records = Array.from({ length: 5 }, () => ({ value: Buffer.alloc(600_000) }));
      const groups = await groupsOf([encodeBatch({ records, attributes: ZSTD, pack: (all) => zstdCompressSync(all) })]);
      expect(groups.map((group) => [group.records.length, group.next])).toEqual([
        [2, 2],
        [2, 4],
        [1, 5],
      ]);
    });

    it('gathers small batches', async () => {
      const batches = Array.from({ length: 100 }, (_, baseOffset) => encodeBatch({ baseOffset, records: [text('a')] }));
      expect(await groupsOf(batches)).toMatchObject([{ next: 100 }]);
    });

    it('cuts a value that would fill the memory, and goes on behind it', async () => {
      const size = RECORD_BYTES_MAX + 1000;
      const records = [{ key: Buffer.from('k'), value: Buffer.alloc(size, 'x') }, text('next')];
      const batch = encodeBatch({ records, attributes: GZIP, pack: (all) => gzipSync(all) });
      const [first, second] = await recordsOf([batch]);
      expect(first).toMatchObject({ offset: 0, key: Buffer.from('k'), valueSize: size });
      expect(first!.value!.length).toBeLessThanOrEqual(RECORD_BYTES_MAX);
      expect(first!.value!.length).toBeGreaterThan(RECORD_BYTES_MAX - 100);
      expect(valuesOf([second!])).toEqual(['next']);
    });
  });
});
