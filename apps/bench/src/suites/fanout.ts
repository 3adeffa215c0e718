import { setTimeout as sleep } from 'node:timers/promises';
import type { Certificate } from '../certificate.ts';
import { Child } from '../child.ts';
import type { LoadCalls } from '../load/load.main.ts';
import type { Delivery } from '../load/load.ts';
import { OTHER_DESCRIPTORS } from '../open-files.ts';
import type { Course } from '../pace.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import { SILENCE_MS } from '../ready.ts';
import { say } from '../say.ts';

/** So many clients at these rates of messages, one after the other. */
export interface Stage {
  clients: number;
  rates: number[];
  /** Whether over TLS. Peers that are not set up for it here are not in these rows. */
  tls?: true;
  /** Seconds, in the first round, for which there is nothing to send. */
  idleSeconds?: number | undefined;
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
  tls?: true;
  serverCpuMs: number;
  loadCpuMs: number;
  seconds: number;
  /** Of the idle server, for each client. */
  rssKbPerClient: number;
}

/** Messages until a server is warm. */
const WARM = { most: 100, least: 3, rate: 200, nobodyRate: 2_000 };

/** Times that a server is told to say nothing. */
const ASKED = 5;

/** What a server takes while its clients only are there. */
export interface Idle {
  peer: string;
  cpuMsPerSecond: number;
  /**
   * What it takes of a server, in milliseconds, to be told to say something, and asked what that took: the bench's own
   * part.
   */
  askedMs: number;
}

/** What was measured, and what went wrong: one peer that fails must not end what others do. */
export interface FanoutMeasurements {
  measured: FanoutMeasurement[];
  idle: Idle[];
  failed: { peer: string; reason: string }[];
}

/** Measures each peer in turn, round after round. The certificate is for what is measured over TLS. */
export async function measureFanout(
  plan: FanoutPlan,
  peers: Peer[],
  certificate?: Certificate,
): Promise<FanoutMeasurements> {
  const all: FanoutMeasurements = { measured: [], idle: [], failed: [] };
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const stage of plan.stages) {
      for (const peer of peers) {
        const rates = stage.rates.filter((rate) => !peer.isTooMuch(stage.clients, rate));
        if (rates.length === 0 || (stage.tls && !peer.speaksTls)) continue;
        const { name } = peer;
        const what = `${stage.clients} clients of ${name}${stage.tls ? ' over TLS' : ''}`;
        say(`fanout, round ${round} of ${plan.rounds}: ${what}`);
        try {
          const idleSeconds = round === 1 ? stage.idleSeconds : undefined;
          const { measured, idle } = await visitPeer(peer, { ...stage, rates, idleSeconds }, plan, certificate);
          all.measured.push(...measured.map((measurement) => ({ peer: name, round, ...measurement })));
          if (idle !== undefined) all.idle.push({ peer: name, ...idle });
        } catch (error) {
          all.failed.push({ peer: name, reason: `${what}, round ${round}: ${(error as Error).message}` });
        }
      }
    }
  }
  return all;
}

/** What one peer took in one round. */
interface Visit {
  measured: Omit<FanoutMeasurement, 'peer' | 'round'>[];
  idle: Omit<Idle, 'peer'> | undefined;
}

async function visitPeer(
  peer: Peer,
  { clients, rates, tls, idleSeconds }: Stage,
  plan: FanoutPlan,
  certificate: Certificate | undefined,
): Promise<Visit> {
  const secured = tls ? { certificate } : {};
  const server = await peer.start(secured);
  const load = new Child<LoadCalls>('load/load.main.ts');
  try {
    // What is done once for each message is warm before the first client comes, as in a server that has run for a
    // while.
    await server.publish({ first: 1, count: plan.warmMessages, rate: WARM.nobodyRate });
    const before = await server.usage();
    await load.call('connect', { port: server.port, dialect: peer.dialect, clients, ...secured });
    await sleep(plan.settleMs);
    const connected = await server.usage();
    const rssKbPerClient = (connected.rssBytes - before.rssBytes) / 1000 / clients;
    const warm = Math.max(WARM.least, Math.min(WARM.most, Math.ceil(plan.warmDeliveries / clients)));
    let first = 1 + plan.warmMessages;
    await run(server, load, { first, count: warm, rate: WARM.rate });
    first += warm;
    const measured: Visit['measured'] = [];
    for (const rate of rates) {
      const count = Math.round(rate * plan.seconds(rate));
      const what = { clients, rate, ...(tls && { tls }), rssKbPerClient };
      measured.push({ ...what, ...(await run(server, load, { first, count, rate })) });
      first += count;
    }
    return { measured, idle: idleSeconds === undefined ? undefined : await measureIdle(server, idleSeconds) };
  } finally {
    await load.stop();
    await server.stop();
  }
}

async function measureIdle(server: RunningPeer, seconds: number): Promise<Omit<Idle, 'peer'>> {
  const before = await server.usage();
  await sleep(seconds * 1000);
  const after = await server.usage();
  const cpuMsPerSecond = (after.cpuMs - before.cpuMs) / seconds;
  const start = performance.now();
  for (let time = 0; time < ASKED; time += 1) {
    await server.publish({ first: 1, count: 0, rate: 1 });
    await server.usage();
  }
  const askedSeconds = (performance.now() - start) / 1000;
  const asked = await server.usage();
  return { cpuMsPerSecond, askedMs: (asked.cpuMs - after.cpuMs - cpuMsPerSecond * askedSeconds) / ASKED };
}

async function run(
  server: RunningPeer,
  load: Child<LoadCalls>,
  course: Course,
): Promise<Delivery & Pick<FanoutMeasurement, 'serverCpuMs' | 'loadCpuMs' | 'seconds'>> {
  await load.call('expect', course);
  const [serverBefore, loadBefore, start] = [await server.usage(), await load.call('usage'), performance.now()];
  await server.publish(course);
  const delivery = await load.call('finish', SILENCE_MS);
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
