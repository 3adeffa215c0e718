import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeEach, afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

const doctor = () => sandbox.run('bootstrap.sh', 'doctor');

/** A port that nobody has. */
const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
};

interface Machine {
  memory?: number;
  /** Where the cluster has its ports. */
  bindings?: Record<string, number>;
  /** What minikube says of it. */
  status?: string;
  /** What kubectl says, by what it is asked. */
  kubectl?: string;
}

/** A machine that has all it needs, and a cluster that stands still. */
const giveMachine = async ({
  memory = 16_000,
  bindings,
  status = 'Stopped Stopped Stopped',
  kubectl = '',
}: Machine = {}) => {
  await sandbox.giveAll();
  const ports =
    bindings ??
    Object.fromEntries(
      await Promise.all([30001, 30080, 30081, 30082].map(async (node) => [node, await freePort()] as const)),
    );
  await writeFile(
    join(sandbox.folder, '../bindings'),
    Object.entries(ports)
      .map(([node, port]) => `${node}/tcp ${port}\n`)
      .join(''),
  );
  await sandbox.give('git', 'case $* in --version) echo git version 2.47.3 ;; esac');
  await sandbox.give('curl', 'echo "curl 8.14.1 (x86_64)"');
  await sandbox.give('openssl', 'echo "OpenSSL 3.5.1 1 Jul 2025"');
  await sandbox.give(
    'docker',
    `case "$*" in
      --version) echo 'Docker version 28.2.2, build 45873be' ;;
      *NCPU*) echo 4 ;;
      *MemTotal*) echo $((${memory} * 1024 * 1024)) ;;
      version*) echo 28.2.2 ;;
      *PortBindings*) cat ~/bindings ;;
      *Running*) echo false ;;
    esac`,
  );
  await sandbox.give(
    'minikube',
    `case $1 in version) echo v1.38.1 ;; profile) echo '{"valid":[{"Name":"hello"}]}' ;; status) echo '${status}' ;; *) echo "CALLED $*" >&2; exit 1 ;; esac`,
  );
  await sandbox.give(
    'kubectl',
    `case "$*" in version*) echo 'Client Version: v1.35.1' ;; ${kubectl} *) exit 1 ;; esac`,
  );
};

describe('./bootstrap.sh doctor', () => {
  it('lists all that is missing, and how to get it', async () => {
    const { status, output } = await doctor();
    for (const name of ['git', 'curl', 'openssl', 'docker'])
      expect(output).toContain(`${name} is missing: sudo apt-get install`);
    expect(output).toContain('✗ Something is missing, see above.');
    expect(status).toBe(1);
  });

  it.each([
    ['dnf', 'git is missing: sudo dnf install git'],
    ['pacman', 'git is missing: sudo pacman -S git'],
    ['zypper', 'docker is missing: sudo zypper install docker'],
  ])('knows who installs with %s', async (program, advice) => {
    await sandbox.shell('rm "$(command -v apt-get)"');
    await sandbox.give(program, 'exit 0');
    expect((await doctor()).output).toContain(advice);
  });

  it('knows macOS', async () => {
    await sandbox.give('uname', 'case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac');
    expect((await doctor()).output).toContain('git is missing: xcode-select --install');
  });

  it('says what is there, and what is next', async () => {
    await giveMachine();
    const { status, output } = await doctor();
    const lines = output.split('\n').filter((line) => !line.startsWith('! '));
    expect(lines).toEqual([
      '✓ git 2.47.3',
      '✓ curl 8.14.1',
      '✓ openssl 3.5.1',
      '✓ docker 28.2.2',
      '✓ docker runs, with 4 CPUs and 16000 MiB',
      expect.stringMatching(/^✓ minikube v1\.38\.1 \(\/.*\/minikube\)$/),
      expect.stringMatching(/^✓ kubectl v1\.35\.1 \(\/.*\/kubectl\)$/),
      "✓ the ports that are used are free, or the cluster's own",
      'Nothing is missing. Next: ./bootstrap.sh',
      '',
    ]);
    expect(status).toBe(0);
  });

  it.each([
    ['too little memory', { memory: 3000 }, 'docker has 3000 MiB of memory'],
    ["a profile that is not this project's", { bindings: { 30001: 8001 } }, 'not made by this bootstrap.sh'],
  ])('finds %s, and goes on', async (_, machine: Machine, message) => {
    await giveMachine(machine);
    const { status, output } = await doctor();
    expect(output).toContain(message);
    expect(output).toContain('✓ kubectl v1.35.1');
    expect(output).toContain('✗ Something is missing, see above.');
    expect(status).toBe(1);
  });

  it('finds who has a port of the cluster', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await giveMachine({ bindings: { 30001: port, 30080: await freePort() } });
    const { status, output } = await doctor();
    expect(output).toContain(`Port ${port} is taken by `);
    expect(output).not.toContain('Nothing is missing');
    expect(status).toBe(1);
  });

  it('finds that a program cannot be had', async () => {
    await giveMachine();
    await sandbox.give('minikube', 'exit 1');
    await sandbox.give('curl', 'case $1 in --version) echo "curl 8.14.1" ;; *) exit 6 ;; esac');
    const { status, output } = await doctor();
    expect(output).toContain('cannot download https://');
    expect(output).not.toContain('Nothing is missing');
    expect(status).toBe(1);
  });

  it('says of a cluster that runs whether its network enforces policies', async () => {
    const kubectl = `*'get deployment argocd-repo-server'*) ;; *'get statefulsets'*) echo hello-dev 1/1 ;; *'get services'*) echo hello-dev http:30002 ;; *' exec '*) printf "open\\nopen\\n" ;;`;
    await giveMachine({ status: 'Running Running Running', kubectl });
    const { status, output } = await doctor();
    expect(output).toContain('✓ the cluster hello runs\n');
    expect(output).toContain("! the cluster's network enforces no policies");
    expect(output).toContain('./bootstrap.sh down && ./bootstrap.sh --cni calico');
    expect(status).toBe(0);
  });

  it('says nothing of the network before Argo CD is there', async () => {
    await giveMachine({ status: 'Running Running Running' });
    const { status, output } = await doctor();
    expect(output).toContain('✓ the cluster hello runs\n');
    expect(output).not.toContain('network');
    expect(status).toBe(0);
  });

  it('starts, changes and deletes nothing', async () => {
    await giveMachine();
    expect((await doctor()).output).not.toContain('CALLED');
  });
});
