import { Child } from '../child.ts';
import type { DialectName } from '../load/dialect.ts';
import type { Peer } from './peer.ts';
import type { ServerCalls } from './serve.ts';

/** A server in a process of Node. */
export function nodePeer(name: string, dialect: DialectName, execArgv: string[] = []): Peer {
  return {
    name,
    dialect,
    isTooMuch: () => false,
    prepare: async () => {},
    speaksTls: true,
    async start(options = {}) {
      const child = new Child<ServerCalls>(`peers/${dialect}.main.ts`, { execArgv });
      const port = await child.call('start', options).catch(async (error: unknown) => {
        await child.stop();
        throw error;
      });
      return {
        port,
        publish: (course) => child.call('publish', course),
        usage: () => child.call('usage'),
        // One that is profiled writes its profile at the end.
        stop: () => child.stop(execArgv.length > 0 ? 'SIGTERM' : 'SIGKILL'),
      };
    },
  };
}
