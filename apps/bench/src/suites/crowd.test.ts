import { describe, expect, it } from 'vitest';
import { isMet } from '../goal.ts';
import { openFilesLimit, raiseOpenFiles } from '../open-files.ts';
import { crowdGoals, DEPLOY_COLUMNS, deployGoals, deployRows } from './crowd-report.ts';
import { type DeployMeasurement, measureDeploy } from './deploy.ts';
import type { FanoutMeasurement } from './fanout.ts';

it('brings clients back to a server that was started anew', { timeout: 60_000 }, async () => {
  const measured = await measureDeploy({ peer: 'ours', dialect: 'ours' }, 3);
  expect(measured).toMatchObject({ peer: 'ours', clients: 3, away: 0, missing: 0, doubled: 0 });
  expect(measured.tries).toBeGreaterThanOrEqual(3);
  expect(measured.ms).toBeGreaterThan(400);
  expect(measured.serverCpuMs).toBeGreaterThan(0);
});

const crowd: FanoutMeasurement = {
  ...{ peer: 'ours', round: 1, clients: 50_000, rate: 1, expected: 250_000, delivered: 250_000 },
  ...{ missing: 0, doubled: 0, outOfOrder: 0, lost: 0, p50Ms: 300, p99Ms: 600, p999Ms: 700, maxMs: 900, bytes: 1_000 },
  ...{ serverCpuMs: 2_500, loadCpuMs: 2_000, seconds: 5, rssKbPerClient: 18 },
};

describe('the goals of a crowd', () => {
  it('are met when everything comes in time', () => {
    const goals = crowdGoals([crowd, { ...crowd, peer: 'ws', p999Ms: 9_000, delivered: 1 }]);
    expect(goals.map(({ what }) => what.replace('50,000 × 1: ', ''))).toEqual([
      'p99.9',
      'cores that the server takes',
      'RSS per idle client',
      'not delivered once and in order',
    ]);
    expect(goals.every(isMet)).toBe(true);
    expect(crowdGoals([])).toEqual([]);
  });

  it('are not met by one late delivery in a hundred, or one that is missing', () => {
    expect(crowdGoals([{ ...crowd, p999Ms: 2_001 }]).map(isMet)).toEqual([false, true, true, true]);
    expect(crowdGoals([{ ...crowd, missing: 1 }]).map(isMet)).toEqual([true, true, true, false]);
  });

  it('leave out the memory of a few clients, which is that of the server', () => {
    expect(crowdGoals([{ ...crowd, clients: 2_000 }])).toHaveLength(3);
  });
});

describe('the report of a deploy', () => {
  const deploy: DeployMeasurement = {
    ...{ peer: 'ours', clients: 10_000, awayMs: 500, ms: 3_000, away: 0, tries: 11_000, missing: 0, doubled: 0 },
    ...{ serverCpuMs: 3_000, loadCpuMs: 2_000, stretch: { wallMs: 15, cpuMs: 12 } },
  };

  it('has a row for each peer', () => {
    const rows = deployRows([deploy, { ...deploy, peer: 'ws' }]);
    expect(rows.map((row) => row.slice(0, 7))).toEqual([
      ['10,000', 'ours', '0.5', '3', '1.1', '3', '300'],
      ['', 'ws', '0.5', '3', '1.1', '3', '300'],
    ]);
    expect(rows[0]).toHaveLength(DEPLOY_COLUMNS.length);
  });

  it('has goals, which are not met by a client that stays away or does not get what it missed', () => {
    expect(deployGoals([deploy]).every(isMet)).toBe(true);
    expect(deployGoals([{ ...deploy, away: 1, ms: Number.NaN }]).map(isMet)).toEqual([false, true, false]);
    expect(deployGoals([{ ...deploy, missing: 1 }]).map(isMet)).toEqual([true, true, false]);
    expect(deployGoals([{ ...deploy, peer: 'ws' }])).toEqual([]);
  });
});

it('opens no fewer files than before', () => {
  const before = openFilesLimit();
  raiseOpenFiles(100);
  expect(openFilesLimit()).toBe(before);
  expect(before).toBeGreaterThan(100);
});
