import { answer } from '../answer.ts';
import { openFilesLimit, OTHER_DESCRIPTORS, raiseOpenFiles } from '../open-files.ts';
import { nodePeer } from '../peers/node-peer.ts';
import { say } from '../say.ts';
import { crowdGoals, DEPLOY_COLUMNS, DEPLOY_TITLE, deployGoals, deployRows } from './crowd-report.ts';
import { type DeployMeasurement, measureDeploy } from './deploy.ts';
import { type FanoutPlan, measureFanout } from './fanout.ts';
import { failureGoals, FANOUT_COLUMNS, fanoutRows, loadLimits, OURS } from './fanout-report.ts';
import type { SuiteOptions, SuiteResult } from './suite.ts';

const FULL = { clients: 50_000, returning: 10_000 };
const QUICK = { clients: 2_000, returning: 500 };
const PEERS = [
  { peer: OURS, dialect: 'ours' },
  { peer: 'ws', dialect: 'ws' },
  { peer: 'Socket.IO', dialect: 'socket.io' },
] as const;

/** As many clients as one core can serve, and what it takes when many of them come back at once. */
async function run({ quick, peers }: SuiteOptions): Promise<SuiteResult> {
  const wanted = PEERS.filter(({ peer }) => !peers || peers.includes(peer));
  const missing: string[] = [];
  const { clients, returning } = affordable(quick ? QUICK : FULL, missing);
  // First, since so many connections that have just ended leave too few ports for those that end and come back.
  const deploys: DeployMeasurement[] = [];
  for (const each of wanted) {
    say(`crowd: ${returning} clients of ${each.peer} come back`);
    try {
      deploys.push(await measureDeploy(each, returning));
    } catch (error) {
      // Ours is to be measured; of the others it is said that they could not.
      if (each.peer === OURS) throw error;
      missing.push(`${returning} clients of ${each.peer} come back: ${(error as Error).message}`);
    }
  }
  const plan: FanoutPlan = {
    rounds: 1,
    stages: [{ clients, rates: [1] }],
    seconds: () => 4,
    warmMessages: 1_000,
    warmDeliveries: 20_000,
    settleMs: 1_000,
  };
  const { measured, failed } = await measureFanout(
    plan,
    wanted.map(({ peer, dialect }) => nodePeer(peer, dialect)),
  );
  missing.push(...failed.map(({ reason }) => reason), ...loadLimits(measured));
  return {
    columns: FANOUT_COLUMNS,
    rows: fanoutRows(measured),
    more: [{ title: DEPLOY_TITLE, columns: DEPLOY_COLUMNS, rows: deployRows(deploys) }],
    goals: [
      ...crowdGoals(measured),
      ...failureGoals(failed.filter(({ peer }) => peer === OURS).length),
      ...deployGoals(deploys),
    ],
    missing,
    raw: [...measured, ...deploys],
  };
}

/** As many as a process may have open, if that is less. */
function affordable({ clients, returning }: typeof FULL, missing: string[]): typeof FULL {
  raiseOpenFiles(clients + OTHER_DESCRIPTORS);
  const openFiles = openFilesLimit();
  const most = openFiles - OTHER_DESCRIPTORS;
  if (clients > most) missing.push(`${clients} clients: a process may open ${openFiles} files, see ulimit -n`);
  return { clients: Math.min(clients, most), returning: Math.min(returning, most) };
}

answer({ run });
