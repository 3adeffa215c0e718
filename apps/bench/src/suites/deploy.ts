import { Child } from '../child.ts';
import type { DialectName } from '../load/dialect.ts';
import type { ReturningCalls } from '../load/returning.main.ts';
import type { Returned } from '../load/returning.ts';
import { EVERY_MS } from '../peers/made-log.ts';
import type { ServerCalls } from '../peers/serve.ts';
import type { Stretch } from '../stretches.ts';

/** Messages that the log had before, and those that came while the server was away. */
const RECORDS = 1_000;
const MISSED = 10;

/** What became of the clients of a server that was stopped and started anew, and what it took. */
export interface DeployMeasurement extends Returned {
  peer: string;
  clients: number;
  /** From the end of the old server until the new one listens. */
  awayMs: number;
  /** Of the new server, from then on. */
  serverCpuMs: number;
  loadCpuMs: number;
  stretch: Stretch;
}

/**
 * Ends a server at once, with all its clients, and starts it anew on the same port. Those of ours come back with their
 * positions.
 */
export async function measureDeploy(
  { peer, dialect }: { peer: string; dialect: DialectName },
  clients: number,
): Promise<DeployMeasurement> {
  const load = new Child<ReturningCalls>('load/returning.main.ts');
  const old = startServer(dialect);
  const servers = [old];
  try {
    const now = Date.now();
    const port = await old.call('start', { log: { records: RECORDS, now } });
    await load.call('connect', { port, dialect, clients });
    const loadBefore = await load.call('usage');
    const end = performance.now();
    await old.stop();
    const server = startServer(dialect);
    servers.push(server);
    const log = { records: RECORDS + MISSED, now: now + MISSED * EVERY_MS };
    await server.call('start', { port, log });
    const awayMs = performance.now() - end;
    await server.call('watch');
    const serverBefore = await server.call('usage');
    const returned = await load.call('returned', log.records - 1);
    const [serverAfter, loadAfter] = [await server.call('usage'), await load.call('usage')];
    return {
      ...{ peer, clients, awayMs, ...returned },
      serverCpuMs: serverAfter.cpuMs - serverBefore.cpuMs,
      loadCpuMs: loadAfter.cpuMs - loadBefore.cpuMs,
      stretch: await server.call('stretch'),
    };
  } finally {
    await Promise.all([load, ...servers].map((child) => child.stop()));
  }
}

const startServer = (dialect: DialectName): Child<ServerCalls> => new Child(`peers/${dialect}.main.ts`);
