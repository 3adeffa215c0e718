import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findProgram } from '../../service/testing/find-program.ts';
import { freePort } from '../../service/testing/free-port.ts';
import { untilSaid } from '../../service/testing/until-said.ts';

/** Debian has it where not everybody looks. */
export const findNginx = (): string | undefined => findProgram('nginx', '/usr/sbin', '/opt/homebrew/bin');

/** Starts a real nginx in the foreground. @returns it, once it serves. @throws with what it said, if it ends. */
export async function startNginx(...args: string[]): Promise<ChildProcess> {
  const nginx = spawn(findNginx()!, [...args, '-e', 'stderr']);
  await untilSaid(nginx, 'start worker process ');
  return nginx;
}

/** Ends an nginx that was started, if it has not ended by itself. */
export async function stopNginx(nginx: ChildProcess | undefined): Promise<void> {
  if (nginx?.exitCode !== null) return;
  nginx.kill('SIGTERM');
  await once(nginx, 'exit');
}

interface Certificate {
  TLS_CERT: string;
  TLS_KEY: string;
}

/** A real nginx on a port of this machine that stays the same. It ends with the test. */
export class Nginx {
  readonly url: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  readonly #port: number;
  readonly #certificate: Certificate | undefined;
  #process: ChildProcess | undefined;

  private constructor(port: number, certificate: Certificate | undefined) {
    this.#port = port;
    this.#certificate = certificate;
    this.url = `${certificate ? 'https' : 'http'}://localhost:${port}`;
    onTestFinished(async () => {
      await this.#stop();
      rmSync(this.#folder, { recursive: true });
    });
  }

  /** @param certificate makes it speak https. */
  static async create(certificate?: Certificate): Promise<Nginx> {
    return new Nginx(await freePort(), certificate);
  }

  /** Serves as the text says, which is what stands in a `server`. Takes the place of what it served before. */
  async serve(text: string): Promise<void> {
    await this.#stop();
    const tls = this.#certificate;
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `${each}_temp_path ${each};`);
    const configuration = `
      daemon off; pid nginx.pid; error_log stderr notice; ${process.getuid?.() === 0 ? 'user root;' : ''}
      events {}
      http {
        access_log off; ${temporary.join(' ')}
        server {
          listen 127.0.0.1:${this.#port} ${tls ? 'ssl' : ''};
          ${tls ? `ssl_certificate ${tls.TLS_CERT}; ssl_certificate_key ${tls.TLS_KEY};` : ''}
          ${text}
        }
      }`;
    writeFileSync(join(this.#folder, 'nginx.conf'), configuration);
    this.#process = await startNginx('-p', this.#folder, '-c', 'nginx.conf');
  }

  async #stop(): Promise<void> {
    await stopNginx(this.#process);
    this.#process = undefined;
  }
}
