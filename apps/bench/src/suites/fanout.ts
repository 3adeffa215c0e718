import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child.ts';
import type { LoadCalls } from '../load/load.main.ts';
import type { Delivery } from '../load/load.ts';
import type { Course } from '../pace.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import { say } from '../say.ts';

/** So many clients at these rates of messages, one after the other. */
export interface Stage {
  clients: number;
  rates: number[];
}

export interface FanoutPlan {
  rounds: number;
  stages: Stage[];
  /** Seconds for each rate. */
  seconds: (rate: number) => number;
  /** Messages, to nobody, and then deliveries after which a server is warm. */
  warmMessages: number;
  warmDeliveries: number;
  /** Time until the memory of new connections is what it stays at. */
  settleMs: number;
}

/** One peer at one number of clients and one rate, in one round. */
export interface FanoutMeasurement extends Delivery {
  peer: string;
  round: number;
  clients: number;
  rate: number;
  serverCpuMs: number;
  loadCpuMs: number;
  seconds: number;
  /** Of the idle server, for each client. */
  rssKbPerClient: number;
}

/** Messages until a server is warm. */
const WARM = { most: 100, least: 3, rate: 100, nobodyRate: 2_000 };
/** How long a server may take to deliver what it has not by the end of its messages. */
const DRAIN_MS = 8_000;
/** Descriptors of a process that are no connections. */
const OTHER_DESCRIPTORS = 200;

/** What was measured, and what went wrong: one peer that fails must not end what others do. */
export interface FanoutMeasurements {
  measured: FanoutMeasurement[];
  failed: { peer: string; reason: string }[];
}

/** Measures each peer in turn, round after round. */
export async function measureFanout(plan: FanoutPlan, peers: Peer[]): Promise<FanoutMeasurements> {
  const measured: FanoutMeasurement[] = [];
  const failed: FanoutMeasurements['failed'] = [];
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const stage of plan.stages) {
      for (const peer of peers) {
        const rates = stage.rates.filter((rate) => !peer.isTooMuch(stage.clients, rate));
        if (rates.length === 0) continue;
        const what = `${stage.clients} clients of ${peer.name}`;
        say(`fanout, round ${round} of ${plan.rounds}: ${what}`);
        try {
          const visit = await visitPeer(peer, { ...stage, rates }, plan);
          measured.push(...visit.map((measurement) => ({ peer: peer.name, round, ...measurement })));
        } catch (error) {
          failed.push({ peer: peer.name, reason: `${what}, round ${round}: ${(error as Error).message}` });
        }
      }
    }
  }
  return { measured, failed };
}

type Visit = Omit<FanoutMeasurement, 'peer' | 'round'>;

async function visitPeer(peer: Peer, { clients, rates }: Stage, plan: FanoutPlan): Promise<Visit[]> {
  const server = await peer.start();
  const load = new Child<LoadCalls>('load/load.main.ts');
  try {
    // What is done once for each message is warm before the first client comes, as in a server that has run for a while.
    await server.publish({ first: 1, count: plan.warmMessages, rate: WARM.nobodyRate });
    const before = await server.usage();
    await load.call('connect', { port: server.port, dialect: peer.dialect, clients });
    await sleep(plan.settleMs);
    const idle = await server.usage();
    const rssKbPerClient = (idle.rssBytes - before.rssBytes) / 1000 / clients;
    const warm = Math.max(WARM.least, Math.min(WARM.most, Math.ceil(plan.warmDeliveries / clients)));
    let first = 1 + plan.warmMessages;
    await run(server, load, { first, count: warm, rate: WARM.rate });
    first += warm;
    const visit: Visit[] = [];
    for (const rate of rates) {
      const count = Math.round(rate * plan.seconds(rate));
      visit.push({ clients, rate, rssKbPerClient, ...(await run(server, load, { first, count, rate })) });
      first += count;
    }
    return visit;
  } finally {
    await load.stop();
    await server.stop();
  }
}

async function run(
  server: RunningPeer,
  load: Child<LoadCalls>,
  course: Course,
): Promise<Delivery & Pick<FanoutMeasurement, 'serverCpuMs' | 'loadCpuMs' | 'seconds'>> {
  await load.call('expect', course);
  const [serverBefore, loadBefore, start] = [await server.usage(), await load.call('usage'), performance.now()];
  await server.publish(course);
  const delivery = await load.call('finish', DRAIN_MS);
  const seconds = (performance.now() - start) / 1000;
  const [serverAfter, loadAfter] = [await server.usage(), await load.call('usage')];
  const serverCpuMs = serverAfter.cpuMs - serverBefore.cpuMs;
  return { ...delivery, serverCpuMs, loadCpuMs: loadAfter.cpuMs - loadBefore.cpuMs, seconds };
}

/** What a peer is not tried with. */
export function leftOut({ stages }: FanoutPlan, peers: Peer[]): string[] {
  return peers.flatMap((peer) => {
    const left = stages.flatMap(({ clients, rates }) =>
      rates.filter((rate) => peer.isTooMuch(clients, rate)).map((rate) => `${clients.toLocaleString('en')} × ${rate}`),
    );
    return left.length > 0 ? [`${peer.name} at ${left.join(', ')}: more than it can do`] : [];
  });
}

/** The plan without what needs more open files than a process may have. */
export function affordable(plan: FanoutPlan, openFiles: number, missing: string[]): FanoutPlan {
  const stages = plan.stages.filter(({ clients }) => {
    const fits = clients + OTHER_DESCRIPTORS <= openFiles;
    if (!fits) missing.push(`${clients} clients: a process may open ${openFiles} files, see ulimit -n`);
    return fits;
  });
  return { ...plan, stages };
}
