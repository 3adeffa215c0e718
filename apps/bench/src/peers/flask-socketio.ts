import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CACHE } from '../cache.ts';
import type { Peer } from './peer.ts';
import { freePort } from '../../../service/testing/free-port.ts';
import { make, Program } from './program.ts';

const VERSION = '5.7.0';
const SCRIPT = fileURLToPath(new URL('flask_server.py', import.meta.url));
const VENV = join(CACHE, `flask-socketio-${VERSION}`);
const PYTHON = join(VENV, 'bin', 'python');
/** Written when everything is there. */
const COMPLETE = join(VENV, 'complete');
const INSTALL_MS = 120_000;

/** What the document used that this project began from: a thread for each client. */
export const flaskSocketIo: Peer = {
  name: 'Flask-SocketIO',
  dialect: 'socket.io',
  speaksTls: false,
  isTooMuch: (clients, rate) => clients > 1_000 || clients * rate > 10_000,
  async prepare() {
    if (existsSync(COMPLETE)) return;
    await make('python3', ['-m', 'venv', VENV], {}, INSTALL_MS);
    await make(PYTHON, ['-m', 'pip', 'install', '--quiet', `flask-socketio==${VERSION}`], {}, INSTALL_MS);
    writeFileSync(COMPLETE, '');
  },
  async start() {
    const port = await freePort();
    const program = await Program.start(PYTHON, [SCRIPT, String(port)], `http://127.0.0.1:${port}/`);
    const { stdin, stdout } = program.process;
    return {
      port,
      async publish(course) {
        stdin!.write(`${JSON.stringify(course)}\n`);
        await once(stdout!, 'data');
      },
      usage: async () => program.usage(),
      stop: () => program.stop(),
    };
  },
};
