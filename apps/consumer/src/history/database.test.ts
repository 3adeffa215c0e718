import { describe, expect, it, onTestFinished } from 'vitest';
import { record, records } from '../../testing/record.ts';
import { HistoryDatabase } from './database.ts';
import type { HistoryRecord } from './record.ts';

function open(): HistoryDatabase {
  const database = new HistoryDatabase();
  onTestFinished(() => database.close());
  return database;
}

const insert = (database: HistoryDatabase, inserted: HistoryRecord[]) =>
  database.insert({ id: 0, records: inserted, readAt: null });
const count = ({ sql }: HistoryDatabase): unknown => sql.countInTime.get(0, 0, Number.MAX_SAFE_INTEGER)!['count'];
const part = ({ sql }: HistoryDatabase): unknown => sql.part.get(0, 0, 0, 0);

describe('the database', () => {
  it.each([1, 49, 50, 51, 120])('has all of %i records for whoever reads', (number) => {
    const database = open();
    insert(database, records(0, number - 1));
    expect(count(database)).toBe(number);
  });

  it('writes one transaction for many that come one by one', () => {
    const database = open();
    const sizes = new Set<number>();
    for (const each of records(0, 999)) {
      insert(database, [each]);
      sizes.add(database.bytes);
    }
    expect(sizes.size).toBeLessThanOrEqual(1_000 / 50 + 1);
    expect(sizes.size).toBeGreaterThan(2);
  });

  it('writes what is held before anything else is', () => {
    const database = open();
    insert(database, [record(0)]);
    database.write(({ deleteUpTo }) => deleteUpTo.run(0, 0, 0, 0, 0));
    expect(count(database)).toBe(0);
  });

  it('writes all of something or nothing', () => {
    const database = open();
    const half = () =>
      database.write(({ insertPart }) => {
        insertPart.run(0, 0, 0, 0, Buffer.from('a part'));
        throw new Error('in the middle');
      });
    expect(half).toThrow('the history cannot be written to the folder of temporary files, TMPDIR: in the middle');
    expect(part(database)).toBeUndefined();
    database.write(({ insertPart }) => insertPart.run(0, 0, 0, 0, Buffer.from('a part')));
    expect(part(database)).toBeDefined();
  });

  it('tells everyone from then on when records cannot be written', () => {
    const database = open();
    const wrong = { ...record(1), timestamp: {} as unknown as number };
    insert(database, [record(0), wrong]);
    const reason = /the history cannot be written to the folder of temporary files, TMPDIR: ./;
    expect(() => database.sql).toThrow(reason);
    expect(() => insert(database, [record(2)])).toThrow(reason);
    expect(() => database.write(() => {})).toThrow(reason);
    expect(() => insert(open(), [wrong, ...records(2, 50)])).toThrow(reason);
  });

  it('counts the bytes in use, which are fewer when something is deleted', () => {
    const database = open();
    const empty = database.bytes;
    insert(database, records(0, 999));
    const full = database.bytes;
    expect(full).toBeGreaterThan(empty + 1_000 * 100);
    database.write(({ deleteUpTo }) => deleteUpTo.run(0, 0, 1_000, 0, 0));
    expect(database.bytes).toBeLessThan(full / 5);
  });
});
