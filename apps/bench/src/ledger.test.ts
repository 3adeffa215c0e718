import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger } from './ledger.ts';

const CLIENTS = 3;
const sequences = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index);

function all(ledger: Ledger, deliveries: [client: number, sequence: number][]): Ledger {
  for (const [client, sequence] of deliveries) ledger.take(client, sequence);
  return ledger;
}

const everything = sequences(1, 5).flatMap((sequence) =>
  sequences(0, CLIENTS).map((client): [number, number] => [client, sequence]),
);

describe('Ledger', () => {
  it('is complete when every client has every message', () => {
    const ledger = all(new Ledger(CLIENTS, 1, 5), everything);
    expect(ledger.complete).toBe(true);
    expect(ledger.account()).toEqual({ expected: 15, delivered: 15, missing: 0, doubled: 0, outOfOrder: 0 });
  });

  it('notices one message that one client misses, at any place', () => {
    for (const missed of everything) {
      const ledger = all(
        new Ledger(CLIENTS, 1, 5),
        everything.filter((delivery) => delivery !== missed),
      );
      expect(ledger.complete).toBe(false);
      expect(ledger.account()).toMatchObject({ delivered: 14, missing: 1, doubled: 0, outOfOrder: 0 });
    }
  });

  it('notices a message that comes twice, and does not take it for one that is missing', () => {
    const ledger = all(new Ledger(1, 1, 3), [
      [0, 1],
      [0, 2],
      [0, 2],
    ]);
    expect(ledger.complete).toBe(false);
    expect(ledger.account()).toMatchObject({ delivered: 2, missing: 1, doubled: 1, outOfOrder: 0 });
  });

  it('notices a message that comes late', () => {
    const ledger = all(new Ledger(1, 1, 3), [
      [0, 1],
      [0, 3],
      [0, 2],
    ]);
    expect(ledger.complete).toBe(true);
    expect(ledger.account()).toMatchObject({ delivered: 3, missing: 0, doubled: 0, outOfOrder: 1 });
  });

  it('does not count what is not of its messages', () => {
    const ledger = new Ledger(1, 11, 2);
    expect([10, 11, 12, 13].map((sequence) => ledger.take(0, sequence))).toEqual([false, true, true, false]);
    expect(ledger.account()).toEqual({ expected: 2, delivered: 2, missing: 0, doubled: 0, outOfOrder: 0 });
  });

  it('counts right whatever comes in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(CLIENTS - 1), fc.integer({ min: 1, max: 5 }))), (deliveries) => {
        const distinct = new Set(deliveries.map(String)).size;
        const { delivered, missing, doubled } = all(new Ledger(CLIENTS, 1, 5), deliveries).account();
        expect({ delivered, missing, doubled }).toEqual({
          delivered: distinct,
          missing: 15 - distinct,
          doubled: deliveries.length - distinct,
        });
      }),
    );
  });
});
