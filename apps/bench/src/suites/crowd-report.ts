import { type Goal, round } from '../goal.ts';
import { median } from '../statistics.ts';
import type { DeployMeasurement } from './deploy.ts';
import type { FanoutMeasurement } from './fanout.ts';
import { coresGoal, MANY, OURS, rssGoal, wholeGoals } from './fanout-report.ts';

export const DEPLOY_TITLE = 'Clients that come back at once, since their server was stopped and started anew';
export const DEPLOY_COLUMNS = [
  'clients',
  'peer',
  'server away s',
  'last one live after s',
  'tries a client',
  'server CPU s',
  'µs a client',
  'load CPU s',
  'longest stretch ms',
  'by own CPU',
];

export function deployRows(measured: DeployMeasurement[]): string[][] {
  return measured.map(({ peer, clients, awayMs, ms, tries, serverCpuMs, loadCpuMs, stretch }, index) => [
    index === 0 ? clients.toLocaleString('en') : '',
    peer,
    round(awayMs / 1000),
    round(ms / 1000),
    round(tries / clients),
    round(serverCpuMs / 1000),
    round((serverCpuMs / clients) * 1000),
    round(loadCpuMs / 1000),
    round(stretch.wallMs),
    round(stretch.cpuMs),
  ]);
}

/** Of many clients that are there all the time. */
export function crowdGoals(measured: FanoutMeasurement[]): Goal[] {
  const ours = measured.filter(({ peer }) => peer === OURS);
  if (ours.length === 0) return [];
  const { clients, rate } = ours[0]!;
  const name = `${clients.toLocaleString('en')} × ${rate}`;
  const p999Ms = median(ours.map((each) => each.p999Ms));
  return [
    { what: `${name}: p99.9`, bound: 'at most', wanted: 2_000, measured: p999Ms, unit: 'ms' },
    coresGoal(name, ours),
    ...(clients >= MANY ? [rssGoal(name, ours)] : []),
    ...wholeGoals(name, ours),
  ];
}

/**
 * Of those that come back. While they do, Node goes through up to a thousand connections before it comes to anything
 * else: a loop over sockets of ws stands still for some 100 ms, too.
 */
export function deployGoals(measured: DeployMeasurement[]): Goal[] {
  const ours = measured.find(({ peer }) => peer === OURS);
  if (!ours) return [];
  const name = `${ours.clients.toLocaleString('en')} come back`;
  const flaws = ours.away + ours.missing + ours.doubled;
  return [
    { what: `${name}: last one live after`, bound: 'at most', wanted: 10, measured: ours.ms / 1000, unit: 's' },
    {
      what: `${name}: longest stretch by own CPU`,
      bound: 'at most',
      wanted: 200,
      measured: ours.stretch.cpuMs,
      unit: 'ms',
    },
    {
      what: `${name}: not back, or without what was missed`,
      bound: 'at most',
      wanted: 0,
      measured: flaws,
      unit: '',
      vital: true,
    },
  ];
}
