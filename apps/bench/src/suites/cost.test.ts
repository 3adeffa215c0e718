import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMet } from '../goal.ts';
import { type Cost, COST_COLUMNS, costGoals, costRows, fanoutCosts, fitCost } from './cost.ts';
import type { FanoutMeasurement } from './fanout.ts';

const IDLE = 0.5;
const ASKED = 0.4;

/** What a server takes for so many clients at a rate, a second. */
const work = (clients: number, rate: number, messageMs: number, deliveryMs: number) => ({
  messages: rate,
  deliveries: clients * rate,
  cpuMs: IDLE + rate * messageMs + clients * rate * deliveryMs,
});

describe('fitCost', () => {
  it('finds what a message and a delivery take', () => {
    const cost = fc.double({ min: 0.001, max: 1, noNaN: true });
    fc.assert(
      fc.property(cost, cost, (messageMs, deliveryMs) => {
        const works = [100, 1_000, 5_000].map((clients) => work(clients, 1, messageMs, deliveryMs));
        const found = fitCost(IDLE, works);
        expect(found.messageMs).toBeCloseTo(messageMs, 5);
        expect(found.deliveryMs).toBeCloseTo(deliveryMs, 5);
        expect(found.error).toBeCloseTo(0, 5);
      }),
    );
  });

  it('lets a row with little to do count as much as one with a lot', () => {
    const large = work(5_000, 10, 0.4, 0.01);
    const works = [work(100, 1, 0.4, 0.01), work(1_000, 1, 0.4, 0.01), { ...large, cpuMs: large.cpuMs * 1.02 }];
    expect(fitCost(IDLE, works).messageMs).toBeCloseTo(0.4, 1);
  });
});

const measurement = (peer: string, clients: number, rate: number): FanoutMeasurement => ({
  ...{ peer, round: 1, clients, rate, expected: clients * rate * 2, delivered: clients * rate * 2 },
  ...{ missing: 0, doubled: 0, outOfOrder: 0, lost: 0, p50Ms: 5, p99Ms: 10, p999Ms: 11, maxMs: 12, bytes: 1_000 },
  ...{ serverCpuMs: ASKED + 2 * work(clients, rate, 0.4, 0.01).cpuMs, loadCpuMs: 1, seconds: 2, rssKbPerClient: 15 },
});

const rows = (peer: string): FanoutMeasurement[] =>
  [100, 1_000, 5_000].flatMap((clients) => [1, 10].map((rate) => measurement(peer, clients, rate)));

describe('fanoutCosts', () => {
  const idle = [{ peer: 'ours', cpuMsPerSecond: IDLE, askedMs: ASKED }];

  it('is of each peer whose idle time was measured', () => {
    const costs = fanoutCosts([...rows('ours'), ...rows('ws')], idle);
    expect(costs).toHaveLength(1);
    expect(costs[0]).toMatchObject({ peer: 'ours', idleMs: IDLE });
    expect(costs[0]!.rounds).toHaveLength(1);
    expect(costRows(costs)).toEqual([['ours', '0.5', '0.4', '10', '0 %']]);
    expect(COST_COLUMNS).toHaveLength(5);
  });

  it('leaves out batches, TLS, and what was too much for the server', () => {
    const strange = [
      { ...measurement('ours', 1_000, 100), serverCpuMs: 1 },
      { ...measurement('ours', 1_000, 10), tls: true as const, serverCpuMs: 1_000 },
      { ...measurement('ours', 10_000, 10), serverCpuMs: 1_990 },
      { ...measurement('ours', 10_000, 1), delivered: 1 },
    ];
    expect(fanoutCosts([...rows('ours'), ...strange], idle)).toEqual(fanoutCosts(rows('ours'), idle));
  });

  it('says nothing of too few rows', () => {
    expect(fanoutCosts(rows('ours').slice(0, 2), idle)).toEqual([]);
  });
});

describe('costGoals', () => {
  const cost = (peer: string, deliveryMs: number): Cost => ({
    ...{ peer, deliveryMs },
    ...{ idleMs: 0.7, messageMs: 0.5, error: 0, rounds: [] },
  });

  it('has a bound for each part, that of a delivery by what ws takes', () => {
    const goals = costGoals([cost('ours', 0.005), cost('ws', 0.01)], 'ours');
    expect(goals.map(({ measured }) => measured)).toEqual([0.7, 0.5, 0.5]);
    expect(goals.every(isMet)).toBe(true);
    expect(costGoals([cost('ours', 0.011), cost('ws', 0.01)], 'ours').map(isMet)).toEqual([true, true, false]);
  });

  it('says how steady they are', () => {
    const fit = (messageMs: number, deliveryMs: number) => ({ messageMs, deliveryMs, error: 0 });
    const own = { ...cost('ours', 0.01), rounds: [fit(0.4, 0.01), fit(0.6, 0.012)] };
    const ws = { ...cost('ws', 0.01), rounds: [fit(0.1, 0.01), fit(0.1, 0.01)] };
    expect(costGoals([own, ws], 'ours').map(({ spread }) => spread)).toEqual([undefined, [0.4, 0.6], [1, 1.2]]);
  });

  it('leaves out what was not measured', () => {
    expect(costGoals([cost('ours', 0.01)], 'ours')).toHaveLength(2);
    expect(costGoals([cost('ws', 0.01)], 'ours')).toEqual([]);
  });
});
