import { type ChildProcess, execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findNginx, startNginx, stopNginx } from '../../../../apps/consumer/testing/nginx.ts';
import { freePort } from '../../../../apps/service/testing/free-port.ts';
import { ClusterDns } from './cluster-dns.ts';

const door = join(import.meta.dirname, '../../door');
/** Debian has it in a package of its own; elsewhere it is built in. */
const STREAM = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** Why the door cannot be tried here, or undefined where it can. */
export function whyNoDoor(): string | undefined {
  const nginx = findNginx();
  if (nginx === undefined) return 'no nginx on PATH or in /usr/sbin: install nginx-light';
  if (process.platform !== 'linux') return 'this machine has one loopback address, and each service needs one';
  const options = execFileSync('sh', ['-c', '"$0" -V 2>&1', nginx]);
  const there = existsSync(STREAM) || !options.includes('--with-stream=dynamic');
  return there ? undefined : 'nginx has no stream module: install libnginx-mod-stream';
}

/** The door, by a real nginx on this machine with the configuration of the cluster. It ends with the test. */
export class Door {
  /** The ports of names in the clear, of those with TLS, of every service behind, and of the metrics. */
  readonly port: number;
  readonly securePort: number;
  readonly servicePort: number;
  readonly metricsPort: number;
  readonly #dns: ClusterDns;
  readonly #folder = mkdtempSync(join(tmpdir(), 'door-'));
  #process: ChildProcess | undefined;

  private constructor(dns: ClusterDns, [port, securePort, servicePort, metricsPort]: number[]) {
    this.#dns = dns;
    this.port = port!;
    this.securePort = securePort!;
    this.servicePort = servicePort!;
    this.metricsPort = metricsPort!;
    onTestFinished(async () => {
      await stopNginx(this.#process);
      rmSync(this.#folder, { recursive: true });
    });
  }

  /** @param replaced what of the configuration is to be otherwise, such as a time that no test can wait for. */
  static async open(replaced: Record<string, string> = {}): Promise<Door> {
    const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    const opened = new Door(await ClusterDns.create(), ports);
    await opened.#start(replaced);
    return opened;
  }

  /** The URL of an environment. */
  url(environment: string): string {
    return `http://${environment}.localhost:${this.port}`;
  }

  /** From now on the DNS has the consumer of that environment, at this address, or another service. */
  name(environment: string, address: string, service = `consumer.hello-${environment}`): void {
    this.#dns.addresses.set(`${service}.svc.cluster.local`, address);
  }

  /** What bootstrap.sh writes of the environments that there are. */
  tell(list: string): void {
    writeFileSync(join(this.#folder, 'environments.html'), list);
  }

  /** The configuration, file by file, as it is where it runs here. */
  #configuration(replaced: Record<string, string>): Map<string, string> {
    const names = readdirSync(door).filter((name) => name.endsWith('.conf'));
    const texts = new Map(names.map((name) => [name, readFileSync(join(door, name), 'utf8')]));
    const here = {
      '/tmp/': `${this.#folder}/`,
      'kube-dns.kube-system.svc.cluster.local': `127.0.0.1:${this.#dns.port}`,
      'svc.cluster.local:443': `svc.cluster.local:${this.servicePort}`,
      'svc.cluster.local;': `svc.cluster.local:${this.servicePort};`,
      'listen 8000': `listen 127.0.0.1:${this.port}`,
      'listen 8443': `listen 127.0.0.1:${this.securePort}`,
      'listen 9113': `listen 127.0.0.1:${this.metricsPort}`,
      ':8000': `:${this.port}`,
      ':8443': `:${this.securePort}`,
      '/etc/nginx/door': this.#folder,
      'stderr warn': 'stderr notice',
    };
    for (const [from, to] of Object.entries({ ...here, ...replaced })) {
      const having = [...texts].filter(([, text]) => text.includes(from));
      if (having.length === 0) throw new Error(`The door's configuration has no ${from}`);
      for (const [name, text] of having) texts.set(name, text.replaceAll(from, to));
    }
    return texts;
  }

  async #start(replaced: Record<string, string>): Promise<void> {
    for (const [name, text] of this.#configuration(replaced)) writeFileSync(join(this.#folder, name), text);
    for (const page of ['404.html', '503.html']) copyFileSync(join(door, page), join(this.#folder, page));
    const outside = [
      existsSync(STREAM) ? `load_module ${STREAM};` : '',
      process.getuid?.() === 0 ? 'user root;' : '',
      'daemon off;',
    ].join(' ');
    this.#process = await startNginx('-c', join(this.#folder, 'nginx.conf'), '-g', outside);
  }
}
