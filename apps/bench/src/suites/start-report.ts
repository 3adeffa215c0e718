import { acrossRounds, type Goal, round } from '../goal.ts';
import { median } from '../statistics.ts';

export const EMPTY_START = 'npm start, empty';

export interface StartMeasurement {
  what: string;
  round: number;
  ms: number;
  cpuMs: number | undefined;
  rssBytes: number | undefined;
}

export const START_COLUMNS = ['process', 'ready after ms', 'lowest–highest', 'CPU ms', 'RSS'];

export function startRows(raw: StartMeasurement[]): string[][] {
  return [...Map.groupBy(raw, ({ what }) => what)].map(([what, rounds]) => {
    const times = rounds.map(({ ms }) => ms);
    const known = rounds[0]!.cpuMs !== undefined;
    return [
      what,
      round(median(times)),
      `${round(Math.min(...times))}–${round(Math.max(...times))}`,
      known ? round(median(rounds.map(({ cpuMs }) => cpuMs!))) : '',
      known ? `${round(median(rounds.map(({ rssBytes }) => rssBytes! / 1e6)))} MB` : '',
    ];
  });
}

export function startGoals(raw: StartMeasurement[]): Goal[] {
  const rounds = raw.filter(({ what }) => what === EMPTY_START).map(({ ms }) => ms);
  return [{ what: `${EMPTY_START}: ready`, bound: 'at most', wanted: 400, unit: 'ms', ...acrossRounds(rounds) }];
}
