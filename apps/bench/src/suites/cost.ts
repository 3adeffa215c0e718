import { acrossRounds, type Goal, round } from '../goal.ts';
import { median } from '../statistics.ts';
import type { FanoutMeasurement, Idle } from './fanout.ts';

/** What a server does a second, and what that takes of its processor. */
export interface Work {
  messages: number;
  deliveries: number;
  cpuMs: number;
}

/** What a message and a delivery take: `cpuMs = idleMs + messages × messageMs + deliveries × deliveryMs`, a second. */
export interface Fit {
  messageMs: number;
  deliveryMs: number;
  /** By how much of what was measured the formula is off, in the row in the middle. */
  error: number;
}

/** What a server's processor does. */
export interface Cost extends Fit {
  peer: string;
  idleMs: number;
  /** The same of each round alone, by which one sees how steady it is. */
  rounds: Fit[];
}

/** Above it messages come together in batches, which makes each of them cheaper: there the formula does not hold. */
const FASTEST = 10;
/** Cores above which a server may be waiting for itself. */
export const BUSY_CORES = 0.9;

export const COST_TITLE = `What a server's processor does: idle + messages + deliveries, fitted to the rows of up to ${FASTEST} messages/s`;
export const COST_COLUMNS = ['peer', 'idle, ms/s', 'a message, ms', 'a delivery, µs', 'formula off by'];

/** The least squares of the relative errors, so that a row with little to do counts as much as one with a lot. */
export function fitCost(idleMs: number, works: Work[]): Fit {
  let [mm, md, dd, mt, dt] = [0, 0, 0, 0, 0];
  for (const { messages, deliveries, cpuMs } of works) {
    const [m, d, target] = [messages / cpuMs, deliveries / cpuMs, (cpuMs - idleMs) / cpuMs];
    mm += m * m;
    md += m * d;
    dd += d * d;
    mt += m * target;
    dt += d * target;
  }
  const determinant = mm * dd - md * md;
  const messageMs = (mt * dd - dt * md) / determinant;
  const deliveryMs = (dt * mm - mt * md) / determinant;
  const error = median(
    works.map(({ messages, deliveries, cpuMs }) =>
      Math.abs((idleMs + messages * messageMs + deliveries * deliveryMs) / cpuMs - 1),
    ),
  );
  return { messageMs, deliveryMs, error };
}

/**
 * The cost of each peer whose idle time is known, by its rows in the clear, of up to 10 messages/s, that it kept up
 * with.
 */
export function fanoutCosts(measured: FanoutMeasurement[], idle: Idle[]): Cost[] {
  return idle.flatMap(({ peer, cpuMsPerSecond: idleMs, askedMs }) => {
    const rows = measured.filter((each) => each.peer === peer && !each.tls && each.rate <= FASTEST && keptUp(each));
    const worksOf = (some: FanoutMeasurement[]): Work[] => cellsOf(some).map((rounds) => workOf(rounds, askedMs));
    const whole = worksOf(rows);
    // Two unknowns, and one more to see whether the formula holds.
    if (whole.length < 3) return [];
    const rounds = [...Map.groupBy(rows, ({ round: number }) => number).values()].map(worksOf);
    const fits = rounds.filter(({ length }) => length === whole.length).map((works) => fitCost(idleMs, works));
    return [{ peer, idleMs, ...fitCost(idleMs, whole), rounds: fits }];
  });
}

/** The rounds at each number of clients and rate. */
function cellsOf(rows: FanoutMeasurement[]): FanoutMeasurement[][] {
  return [...Map.groupBy(rows, ({ clients, rate }) => `${clients} × ${rate}`).values()];
}

function workOf(rounds: FanoutMeasurement[], askedMs: number): Work {
  const of = (figure: (measurement: FanoutMeasurement) => number): number =>
    median(rounds.map((measurement) => figure(measurement) / measurement.seconds));
  return {
    messages: of(({ expected, clients }) => expected / clients),
    deliveries: of(({ delivered }) => delivered),
    cpuMs: of(({ serverCpuMs }) => serverCpuMs - askedMs),
  };
}

/** Whether a server delivered everything, and had some of its core left. */
export function keptUp(measurement: FanoutMeasurement): boolean {
  return measurement.delivered === measurement.expected && coresOf(measurement) < BUSY_CORES;
}

/** Cores that a server took. */
export function coresOf({ serverCpuMs, seconds }: FanoutMeasurement): number {
  return serverCpuMs / seconds / 1000;
}

export function costRows(costs: Cost[]): string[][] {
  return costs.map(({ peer, idleMs, messageMs, deliveryMs, error }) => [
    peer,
    round(idleMs),
    round(messageMs),
    round(deliveryMs * 1000),
    `${Math.round(error * 100)} %`,
  ]);
}

export function costGoals(costs: Cost[], ours: string): Goal[] {
  const own = costs.find(({ peer }) => peer === ours);
  if (!own) return [];
  const most = (what: string, wanted: number, unit: string, measured: number, rounds: number[]): Goal => ({
    ...acrossRounds(rounds),
    ...{ what, bound: 'at most', wanted, measured, unit },
  });
  const messages = own.rounds.map(({ messageMs }) => messageMs);
  const goals = [
    most('idle, processor time a second', 0.7, 'ms', own.idleMs, []),
    most('a message, processor time', 0.5, 'ms', own.messageMs, messages),
  ];
  const ws = costs.find(({ peer }) => peer === 'ws');
  if (!ws) return goals;
  const ratios = own.rounds.flatMap(({ deliveryMs }, index) => {
    const beside = ws.rounds[index];
    return beside ? deliveryMs / beside.deliveryMs : [];
  });
  return [...goals, most("a delivery, of ws's", 1, '×', own.deliveryMs / ws.deliveryMs, ratios)];
}
