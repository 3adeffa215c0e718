import { describe, expect, it, vi } from 'vitest';
import { nodePeer } from '../peers/node-peer.ts';
import type { Peer } from '../peers/peer.ts';
import { isMet } from '../goal.ts';
import { affordable, type FanoutMeasurement, leftOut, measureFanout } from './fanout.ts';
import { fanoutGoals, fanoutPlot, fanoutRows, FANOUT_COLUMNS } from './fanout-report.ts';

const plan = {
  rounds: 2,
  stages: [{ clients: 4, rates: [20, 50] }],
  seconds: () => 0.2,
  warmMessages: 1,
  warmDeliveries: 1,
  settleMs: 0,
};

const measurement: FanoutMeasurement = {
  peer: 'ours',
  round: 1,
  clients: 10_000,
  rate: 1,
  expected: 30_000,
  delivered: 30_000,
  missing: 0,
  doubled: 0,
  outOfOrder: 0,
  lost: 0,
  p50Ms: 5,
  p99Ms: 10,
  p999Ms: 11,
  maxMs: 12,
  bytes: 3_000_000,
  serverCpuMs: 500,
  loadCpuMs: 200,
  seconds: 3,
  rssKbPerClient: 15,
};

vi.mock(import('../say.ts'), () => ({ say: () => {} }));

describe('measureFanout', () => {
  it('measures each peer in turn, and every message arrives', async () => {
    const { measured, failed } = await measureFanout(plan, [nodePeer('ours', 'ours'), nodePeer('ws', 'ws')]);
    expect(failed).toEqual([]);
    expect(measured.map(({ peer, round, rate }) => `${peer} ${round} ${rate}`)).toEqual([
      'ours 1 20',
      'ours 1 50',
      'ws 1 20',
      'ws 1 50',
      'ours 2 20',
      'ours 2 50',
      'ws 2 20',
      'ws 2 50',
    ]);
    for (const { rate, ...each } of measured) {
      expect(each).toMatchObject({
        expected: 4 * rate * 0.2,
        delivered: 4 * rate * 0.2,
        missing: 0,
        doubled: 0,
        outOfOrder: 0,
        lost: 0,
      });
      expect(each.serverCpuMs).toBeGreaterThan(0);
    }
    const rows = fanoutRows(measured);
    expect(rows).toHaveLength(4);
    expect(rows.every((row) => row.length === FANOUT_COLUMNS.length)).toBe(true);
    expect(fanoutPlot(measured, 'footer').match(/<rect/g)).toHaveLength(1 + 4 * 2);
    // Eight processes, one after the other, take their time where much else runs.
  }, 120_000);
});

it('goes on when a peer fails, and says so', async () => {
  const broken: Peer = { ...nodePeer('broken', 'ws'), start: () => Promise.reject(new Error('no luck')) };
  const { measured, failed } = await measureFanout({ ...plan, rounds: 1 }, [broken, nodePeer('ws', 'ws')]);
  expect(measured.map(({ peer }) => peer)).toEqual(['ws', 'ws']);
  expect(failed).toEqual([{ peer: 'broken', reason: '4 clients of broken, round 1: no luck' }]);
});

describe('fanoutGoals', () => {
  const others = [
    { ...measurement, peer: 'ws', serverCpuMs: 500, p99Ms: 9 },
    { ...measurement, peer: 'Socket.IO', serverCpuMs: 700 },
  ];

  it('compares with each peer that was measured', () => {
    const goals = fanoutGoals([measurement, ...others]);
    expect(goals.map(({ what }) => what.slice('10,000 × 1: '.length))).toEqual([
      "deliveries per CPU s, of ws's",
      "deliveries per CPU s, of Socket.IO's",
      "p99, of ws's",
      'not delivered once and in order',
      'cores that the server takes',
      'RSS per idle client',
    ]);
    expect(goals.every(isMet)).toBe(true);
  });

  it('asks for more at 100 messages a second', () => {
    const goals = fanoutGoals([measurement, ...others].map((each) => ({ ...each, clients: 100, rate: 100 })));
    expect(goals.map(({ wanted }) => wanted)).toEqual([3, 4, 1, 0]);
  });

  it('is not met when one delivery of one round is missing', () => {
    const goals = fanoutGoals([measurement, { ...measurement, round: 2, delivered: 29_999, missing: 1 }]);
    expect(goals.find(({ what }) => what.includes('not delivered'))).toMatchObject({ wanted: 0, measured: 1 });
  });

  it('is not met when ours fails', () => {
    const reason = '10000 clients of ours, round 2: the server does not answer';
    expect(fanoutGoals([measurement], [{ peer: 'ours', reason }]).at(-1)).toMatchObject({ measured: 1, vital: true });
    expect(fanoutGoals([measurement], [{ peer: 'ws', reason }]).every(isMet)).toBe(true);
  });

  it('does not round up to all', () => {
    const [row] = fanoutRows([{ ...measurement, delivered: 29_999, missing: 1 }]);
    expect(row![FANOUT_COLUMNS.indexOf('delivered')]).toBe('99.9 %');
  });
});

describe('what is left out', () => {
  it('is named: clients that need more open files than there are', () => {
    const missing: string[] = [];
    const { stages } = affordable(
      {
        ...plan,
        stages: [
          { clients: 100, rates: [1] },
          { clients: 5_000, rates: [1] },
        ],
      },
      4_096,
      missing,
    );
    expect(stages).toEqual([{ clients: 100, rates: [1] }]);
    expect(missing).toEqual(['5000 clients: a process may open 4096 files, see ulimit -n']);
  });

  it('is named: what is too much for a peer', () => {
    const slow: Peer = { ...nodePeer('slow', 'ws'), isTooMuch: (clients, rate) => clients * rate > 100 };
    expect(leftOut(plan, [nodePeer('ws', 'ws'), slow])).toEqual(['slow at 4 × 50: more than it can do']);
  });
});
