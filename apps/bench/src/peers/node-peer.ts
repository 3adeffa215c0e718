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
    async start() {
      const child = new Child<ServerCalls>(`peers/${dialect}.main.ts`, { execArgv });
      return {
        port: await child.call('port'),
        publish: (course) => child.call('publish', course),
        usage: () => child.call('usage'),
        // One that is profiled writes its profile at the end.
        stop: () => child.stop(execArgv.length > 0 ? 'SIGTERM' : 'SIGKILL'),
      };
    },
  };
}
