import { answer } from '../answer.ts';
import { withCertificate } from '../certificate.ts';
import { MissingError } from '../missing-error.ts';
import { openFilesLimit } from '../open-files.ts';
import { centrifugo } from '../peers/centrifugo.ts';
import { flaskSocketIo } from '../peers/flask-socketio.ts';
import { nodePeer } from '../peers/node-peer.ts';
import type { Peer } from '../peers/peer.ts';
import { COST_COLUMNS, COST_TITLE, costGoals, costRows, fanoutCosts } from './cost.ts';
import { affordable, type FanoutPlan, leftOut, measureFanout } from './fanout.ts';
import { FANOUT_COLUMNS, fanoutGoals, fanoutPlot, fanoutRows, loadLimits, OURS } from './fanout-report.ts';
import type { SuiteOptions, SuiteResult } from './suite.ts';

const FULL: FanoutPlan = {
  rounds: 3,
  stages: [
    // The fast ones first, so that what is compiled while it runs is compiled before the slow ones, where it would
    // weigh most.
    { clients: 100, rates: [100, 10, 1], idleSeconds: 10 },
    { clients: 1_000, rates: [100, 10, 1] },
    { clients: 1_000, rates: [100, 10], tls: true },
    { clients: 5_000, rates: [100, 10, 1] },
    { clients: 10_000, rates: [1] },
  ],
  seconds: (rate) => (rate >= 100 ? 1 : 2),
  warmMessages: 1_000,
  warmDeliveries: 20_000,
  settleMs: 500,
};

const QUICK: FanoutPlan = {
  ...FULL,
  rounds: 1,
  stages: [
    { clients: 100, rates: [10] },
    { clients: 1_000, rates: [100, 10] },
  ],
  seconds: () => 1,
  warmMessages: 400,
  warmDeliveries: 5_000,
  settleMs: 200,
};

/** Every peer of this suite. */
function everyPeer(profile?: string): Peer[] {
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  return [
    nodePeer('ours', 'ours', flags),
    nodePeer('ws', 'ws'),
    nodePeer('Socket.IO', 'socket.io'),
    nodePeer('SSE', 'sse'),
    flaskSocketIo,
    centrifugo,
  ];
}

/** Messages to many clients: what a delivery costs, how long it takes, and whether each one arrives. */
async function run({ quick, profile, peers }: SuiteOptions): Promise<SuiteResult> {
  const every = everyPeer(profile);
  const wanted = every.filter(({ name }) => !peers || peers.includes(name));
  const unknown = peers?.filter((peer) => !every.some(({ name }) => name === peer)) ?? [];
  const missing = unknown.map((peer) => `${peer}: there is ${every.map(({ name }) => name).join(', ')}`);
  const present = await prepareAll(wanted, missing);
  const plan = affordable(quick ? QUICK : FULL, openFilesLimit(), missing);
  missing.push(...leftOut(plan, present));
  const { measured, idle, failed } = await withCertificate((certificate) => measureFanout(plan, present, certificate));
  missing.push(...failed.map(({ reason }) => reason), ...loadLimits(measured));
  const costs = fanoutCosts(measured, idle);
  return {
    columns: FANOUT_COLUMNS,
    rows: fanoutRows(measured),
    more: costs.length > 0 ? [{ title: COST_TITLE, columns: COST_COLUMNS, rows: costRows(costs) }] : [],
    goals: [...fanoutGoals(measured, failed), ...costGoals(costs, OURS)],
    missing,
    plot: fanoutPlot(measured),
    raw: [...measured, ...idle],
  };
}

/** Gets what the peers need. Those that can't be had are named. */
async function prepareAll(peers: Peer[], missing: string[]): Promise<Peer[]> {
  const present: Peer[] = [];
  for (const peer of peers) {
    try {
      await peer.prepare();
      present.push(peer);
    } catch (error) {
      if (!(error instanceof MissingError)) throw error;
      missing.push(`${peer.name}: ${error.message}`);
    }
  }
  return present;
}

answer({ run });
