import { describe, expect, it, vi } from 'vitest';
import { withCertificate } from '../certificate.ts';
import { nodePeer } from '../peers/node-peer.ts';
import type { Peer } from '../peers/peer.ts';
import { isMet } from '../goal.ts';
import { plotBars } from '../plot.ts';
import { affordable, type FanoutMeasurement, type FanoutPlan, leftOut, measureFanout } from './fanout.ts';
import { fanoutGoals, fanoutPlot, fanoutRows, FANOUT_COLUMNS, loadLimits } from './fanout-report.ts';

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
    expect(plotBars(fanoutPlot(measured), 'footer').match(/<rect/g)).toHaveLength(1 + 4 * 2);
    // Eight processes, one after the other, take their time where much else runs.
  }, 120_000);
});

it('measures over TLS, and what a server takes that has nothing to send', async () => {
  const stages: FanoutPlan['stages'] = [{ clients: 4, rates: [20], tls: true, idleSeconds: 0.1 }];
  const peers = [nodePeer('ours', 'ours'), nodePeer('Socket.IO', 'socket.io'), nodePeer('SSE', 'sse')];
  const plain: Peer = { ...nodePeer('plain', 'ws'), speaksTls: false };
  const { measured, idle, failed } = await withCertificate((certificate) =>
    measureFanout({ ...plan, rounds: 1, stages }, [...peers, plain], certificate),
  );
  expect(failed).toEqual([]);
  expect(measured.map(({ peer, delivered, tls }) => [peer, delivered, tls])).toEqual(
    peers.map(({ name }) => [name, 16, true]),
  );
  expect(idle.map(({ peer }) => peer)).toEqual(peers.map(({ name }) => name));
  for (const { cpuMsPerSecond } of idle) expect(cpuMsPerSecond).toBeGreaterThan(0);
}, 120_000);

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

  const at = (clients: number, rate: number, ...measured: FanoutMeasurement[]): FanoutMeasurement[] =>
    measured.map((each) => ({ ...each, clients, rate }));
  const flask = { ...measurement, peer: 'Flask-SocketIO', serverCpuMs: 5_000 };
  const wanted = (measured: FanoutMeasurement[]) =>
    Object.fromEntries(
      fanoutGoals(measured).map((goal) => [goal.what.replace(/^.*?: (deliveries per CPU s, of )?/, ''), goal.wanted]),
    );

  it('compares with each peer that was measured', () => {
    const goals = fanoutGoals([measurement, ...others]);
    expect(goals.map(({ what }) => what.slice('10,000 × 1: '.length))).toEqual([
      "deliveries per CPU s, of ws's",
      "deliveries per CPU s, of Socket.IO's",
      'p99',
      'not delivered once and in order',
      'cores that the server takes',
      'RSS per idle client',
    ]);
    expect(goals.every(isMet)).toBe(true);
  });

  it('asks for as much as ws does, twice that of many messages to many clients, and a bit less with few clients', () => {
    expect(wanted(at(1_000, 10, measurement, ...others, flask))).toMatchObject({
      "ws's": 1,
      "Socket.IO's": 1.25,
      "Flask-SocketIO's": 5,
    });
    expect(wanted(at(1_000, 100, measurement, ...others))).toMatchObject({ "ws's": 2 });
    expect(wanted(at(100, 100, measurement, ...others))).toMatchObject({ "ws's": 0.8 });
  });

  it('asks for a latency near that of ws, or one that nobody sees', () => {
    const slow = { ...measurement, peer: 'ws', p99Ms: 100 };
    expect(wanted([measurement, ...others])).toMatchObject({ p99: 25 });
    expect(wanted([measurement, slow])).toMatchObject({ p99: 115 });
  });

  it('asks for little of the core of ws where that is full, and only that ours still keeps up', () => {
    const full = { ...measurement, peer: 'ws', serverCpuMs: 2_800, p99Ms: 2_000 };
    const lossy = { ...measurement, peer: 'ws', delivered: 29_999, p99Ms: 2_000 };
    for (const ws of [full, lossy]) {
      expect(wanted([measurement, ws])).toMatchObject({ p99: 120 });
      expect(wanted([measurement, ws])).not.toHaveProperty("ws's");
    }
  });

  it('compares what was measured over TLS on its own', () => {
    const secure = [measurement, ...others].map((each) => ({ ...each, clients: 1_000, tls: true as const }));
    const goals = fanoutGoals([...secure, ...others]);
    expect(goals.map(({ what }) => what.split(':')[0])).toEqual(goals.map(() => '1,000 × 1, TLS'));
    expect(fanoutRows([...secure, ...others]).map(([name]) => name)).toEqual([
      '1,000 × 1, TLS',
      '',
      '',
      '10,000 × 1',
      '',
    ]);
    expect(fanoutPlot(secure).groups.map(({ title }) => title)).toContain('1,000 clients × 1/s, TLS');
  });

  it('says where the load was the limit', () => {
    expect(loadLimits([measurement, { ...measurement, peer: 'ws', loadCpuMs: 2_850 }])).toEqual([
      '10,000 × 1, the latency of ws: the load took 95 % of a core, and may be what was late',
    ]);
  });

  it('compares round with round', () => {
    const rounds = [1, 2, 3].flatMap((round) => [
      { ...measurement, round, serverCpuMs: round * 100 },
      { ...measurement, peer: 'Socket.IO', round, serverCpuMs: round * 100 * (1 + round) },
    ]);
    expect(fanoutGoals(rounds)[0]).toMatchObject({ measured: 3, spread: [2, 4] });
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
