import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  await sandbox.giveAll();
});
afterEach(() => sandbox.remove());

const state = (name: string) => join(sandbox.folder, '..', name);
const read = (name: string) => readFile(state(name), 'utf8').catch(() => '');

/** A port with free ones after it, most likely. */
const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
};

/** A minikube that writes down what it is asked, with a profile hello if the file profile is there. */
const giveMinikube = (start = 'touch ~/profile') =>
  sandbox.give(
    'minikube',
    `echo "$*" >>~/asked
    case $1 in
      version) echo v1.38.1 ;;
      profile) if [ -f ~/profile ]; then echo '{"invalid":[],"valid":[{"Name":"hello"}]}'; else echo '{"invalid":[],"valid":[]}'; fi ;;
      start) ${start} ;;
      delete) rm ~/profile ;;
      status) cat ~/status ;;
    esac`,
  );
const asked = async () => (await read('asked')).split('\n').filter((line) => !/^(profile|version)/.test(line) && line);

describe('./bootstrap.sh', () => {
  it('leaves a context of that name alone that is no cluster of minikube', async () => {
    await sandbox.give(
      'kubectl',
      `case $* in version*) echo 'Client Version: v1.35.1' ;; *get-contexts*) echo hello ;; esac`,
    );
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain('Your kubeconfig has a context named hello that is no cluster of minikube');
    expect(status).toBe(1);
  });

  it.each(['up', 'down'])('leaves a container of that name alone that is no cluster, with %s', async (command) => {
    await giveMinikube();
    await sandbox.give(
      'docker',
      `case "$*" in *NCPU*) echo 4 ;; *MemTotal*) echo 17179869184 ;; 'inspect --type container hello'*) ;; rm*) echo CALLED >&2 ;; esac`,
    );
    const { status, output } = await sandbox.run('bootstrap.sh', command);
    expect(output).toContain('docker has a container named hello, and minikube knows of no cluster of that name.');
    expect(output).not.toContain('CALLED');
    expect(await asked()).toEqual([]);
    expect(status).toBe(1);
  });

  it.each(['up', 'down'])('leaves a profile of that name alone that is not its own, with %s', async (command) => {
    await sandbox.give(
      'minikube',
      `case $1 in version) echo v1.38.1 ;; profile) echo '{"valid":[{"Name":"hello"}]}' ;; *) echo "CALLED $*" >&2; exit 1 ;; esac`,
    );
    await sandbox.give(
      'docker',
      `case "$*" in *NCPU*) echo 4 ;; *MemTotal*) echo 17179869184 ;; inspect*) echo '{"8443/tcp":[]}' ;; esac`,
    );
    const { status, output } = await sandbox.run('bootstrap.sh', command);
    expect(output).toContain('not made by this bootstrap.sh');
    expect(output).not.toContain('CALLED');
    expect(status).toBe(1);
  });

  it.each(['up', 'down', 'status', 'doctor'])(
    'takes no failure of minikube for a machine without clusters, with %s',
    async (command) => {
      await sandbox.give(
        'minikube',
        `case $1 in version) echo v1.38.1 ;; profile) echo '{"error":"no space left"}'; exit 80 ;; *) echo "CALLED $*" >&2 ;; esac`,
      );
      const { status, output } = await sandbox.run('bootstrap.sh', command);
      expect(output).toContain('minikube does not tell which clusters it has.\n  It says: {"error":"no space left"}');
      expect(output).not.toMatch(/CALLED|is gone|There is no cluster/);
      expect(status).toBe(1);
    },
  );

  it('says what to do when the cluster does not start', async () => {
    await giveMinikube('echo "Exiting due to something"; exit 1');
    const pages = await freePort();
    const argocd = pages + 9;
    const { status, output } = await sandbox.run('bootstrap.sh', '--pages', String(pages), '--argocd', String(argocd));
    expect(output).toContain('✗ cluster hello: 4 CPUs, 6144 MiB, Kubernetes v1.35.1');
    expect(output).toContain('  │ Exiting due to something\n');
    expect(output).toContain('✗ It is not up.\n  The whole story: ');
    expect(output).toContain('./bootstrap.sh doctor');
    expect(output).not.toContain('stopped where it should not');
    expect(status).toBe(1);
    const start = (await asked()).find((line) => line.startsWith('start'));
    expect(start).toContain(`127.0.0.1:${argocd}:30080,127.0.0.1:${pages}:30001`);
  });

  it('removes nothing while docker does not run', async () => {
    await giveMinikube();
    await writeFile(state('profile'), '');
    await sandbox.give('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
    const { status, output } = await sandbox.run('bootstrap.sh', 'down');
    expect(output).toContain('docker does not run.');
    expect(await asked()).toEqual([]);
    expect(status).toBe(1);
  });

  it('says when minikube could not delete the cluster', async () => {
    await giveMinikube();
    await writeFile(state('profile'), '');
    await sandbox.give('rm', 'case $* in *profile) exit 1 ;; *) exec /usr/bin/rm "$@" ;; esac');
    const { status, output } = await sandbox.run('bootstrap.sh', 'down');
    expect(output).toContain('minikube could not delete it.');
    expect(output).not.toContain('is gone');
    expect(status).toBe(1);
  });
});

describe('the cluster', () => {
  const start = 'CPUS=2; MEMORY=4000; NODE_PORTS=127.0.0.1:8001:30001; start_cluster';

  it('is a profile of its own, of the pinned Kubernetes, with what it is given', async () => {
    await giveMinikube();
    expect((await sandbox.shell(`make_repository; ${start}`)).status).toBe(0);
    const [line, ...more] = await asked();
    expect(more).toEqual([]);
    for (const option of [
      '-p hello',
      '--driver=docker',
      '--container-runtime=containerd',
      '--kubernetes-version=v1.35.1',
      '--cpus=2',
      '--memory=4000',
      '--ports=127.0.0.1:8001:30001',
    ])
      expect(` ${line} `).toContain(` ${option} `);
    expect(line).not.toContain('--keep-context');
  });

  it('leaves the context that is in use', async () => {
    await giveMinikube();
    await sandbox.give('kubectl', 'case $* in *current-context*) echo mine ;; esac');
    await sandbox.shell(`make_repository; ${start}`);
    expect((await asked())[0]).toMatch(/ --keep-context$/);
  });

  it('is made anew when its first start failed, whenever that was', async () => {
    await giveMinikube('touch ~/profile; [ -f ~/tried ] || { touch ~/tried; exit 1; }');
    const { status, output } = await sandbox.shell(
      `make_repository; ${start}; git config hello-world.starting || echo done`,
    );
    expect(output).toContain('starting anew');
    expect((await asked()).map((line) => line.split(' ')[0])).toEqual(['start', 'delete', 'start']);
    expect(output).toMatch(/\ndone\n$/);
    expect(status).toBe(0);
  });

  it('is not deleted when a later start fails', async () => {
    await giveMinikube('exit 1');
    await writeFile(state('profile'), '');
    const { output } = await sandbox.shell(`make_repository; (${start}) || echo failed`);
    expect(output).toMatch(/^failed$/m);
    expect((await asked()).map((line) => line.split(' ')[0])).toEqual(['start']);
  });

  it.each([
    ['be deleted', 'exit 1', ['start', 'delete']],
    ['start again', 'touch ~/profile; exit 1', ['start', 'delete', 'start']],
  ])('is not there when it cannot %s', async (_, body, calls) => {
    await giveMinikube(body);
    const { output } = await sandbox.shell(`make_repository; start_it() { ${start}; }; start_it || echo failed`);
    expect(output).toMatch(/^failed$/m);
    expect((await asked()).map((line) => line.split(' ')[0])).toEqual(calls);
  });

  it.each([
    ['Running Running Running', 'runs'],
    ['Running Stopped Running', 'rests'],
    ['Stopped Stopped Stopped', 'rests'],
    ['', 'rests'],
  ])('with the status %j %s', async (line, expected) => {
    await giveMinikube();
    await writeFile(state('status'), line);
    expect((await sandbox.shell('if cluster_runs; then echo runs; else echo rests; fi')).output).toBe(`${expected}\n`);
  });

  it.each([
    ['true', 'yes'],
    ['false', 'no'],
  ])('has a node that holds its ports: %s', async (running, expected) => {
    await sandbox.give('docker', `case $1 in inspect) echo ${running} ;; esac`);
    expect((await sandbox.shell('if node_runs; then echo yes; else echo no; fi')).output).toBe(`${expected}\n`);
  });

  it('that does not answer is said to be started', async () => {
    await giveMinikube();
    await writeFile(state('profile'), '');
    const { status, output } = await sandbox.shell('need_cluster; echo passed');
    expect(output).toBe('✗ The cluster hello does not answer.\n  Start it with: ./bootstrap.sh\n');
    expect(status).toBe(1);
  });

  it.each(['minikube', 'kubectl'])('is none where %s is missing', async (name) => {
    await giveMinikube();
    await writeFile(state('profile'), '');
    const { status, output } = await sandbox.shell(`/usr/bin/rm "$(command -v ${name})"; need_cluster; echo passed`);
    expect(output).toContain('There is no cluster hello.');
    expect(output).not.toContain('passed');
    expect(status).toBe(1);
  });
});

describe('root', () => {
  const root = () => sandbox.give('id', 'case $* in -u) echo 0 ;; *) echo root ;; esac');

  it('starts minikube by force, and nobody else does', async () => {
    await giveMinikube();
    await sandbox.shell('make_repository; CPUS=2; MEMORY=4000; NODE_PORTS=127.0.0.1:8001:30001; start_cluster');
    expect((await asked())[0]).not.toContain('--force');
    await root();
    await sandbox.shell('CPUS=2; MEMORY=4000; NODE_PORTS=127.0.0.1:8001:30001; start_cluster');
    expect((await asked())[1]).toMatch(/^start .* --force$/);
  });

  it('starts it by force the second time, too', async () => {
    await root();
    await giveMinikube('touch ~/profile; [ -f ~/tried ] || { touch ~/tried; exit 1; }');
    await sandbox.shell('make_repository; CPUS=2; MEMORY=4000; NODE_PORTS=127.0.0.1:8001:30001; start_cluster');
    expect((await asked()).map((line) => line.includes('--force'))).toEqual([true, false, true]);
  });

  it.each(['up', 'doctor'])('is told so once, by %s', async (command) => {
    await root();
    await sandbox.give('docker', 'exit 1');
    const { output } = await sandbox.run('bootstrap.sh', command);
    expect(output.match(/you are root: minikube is started with --force/g)).toHaveLength(1);
  });

  it('by sudo is told how to do without', async () => {
    await root();
    await sandbox.give('docker', 'exit 1');
    const { output } = await sandbox.runWith({ SUDO_USER: 'ann' }, 'bootstrap.sh');
    expect(output).toContain(
      "the cluster and its files become root's, not ann's. Better without sudo: sudo usermod -aG docker ann",
    );
  });

  it('is nobody else', async () => {
    await sandbox.give('docker', 'exit 1');
    expect((await sandbox.runWith({ SUDO_USER: 'ann' }, 'bootstrap.sh')).output).not.toContain('root');
  });

  it.each(['up', 'doctor'])("is told by %s that git does not look into somebody else's folder", async (command) => {
    await sandbox.give(
      'git',
      `case $* in *--git-dir*) [ "$LC_ALL" != C ] || echo "fatal: detected dubious ownership in repository at '/x'" >&2; exit 128 ;; *version*) echo git version 2.47 ;; config*) exit 1 ;; *) echo "CALLED $*" ;; esac`,
    );
    const { status, output } = await sandbox.run('bootstrap.sh', command);
    expect(output).toContain(`If it is yours: git config --global --add safe.directory '${sandbox.folder}'`);
    expect(output).not.toContain('CALLED');
    expect(status).toBe(1);
  });
});
