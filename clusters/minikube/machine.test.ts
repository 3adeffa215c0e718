import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

describe('./bootstrap.sh, before it begins', () => {
  it.each(['git', 'openssl', 'docker'])('says how to get %s where it is missing', async (name) => {
    await sandbox.giveAll();
    await sandbox.give(name, 'exit 1');
    await sandbox.shell(`rm "$(command -v ${name})"`);
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain(`${name} is missing.`);
    expect(output).toMatch(/sudo apt-get install/);
    expect(status).toBe(1);
  });

  it.each([
    ['Cannot connect to the Docker daemon', 'docker does not run.', 'sudo systemctl start docker'],
    ['permission denied while trying to connect', 'You may not use docker.', 'usermod -aG docker'],
  ])('explains docker: %s', async (message, what, advice) => {
    await sandbox.giveAll();
    await sandbox.give('docker', `echo '${message}' >&2; exit 1`);
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain(what);
    expect(output).toContain(advice);
    expect(status).toBe(1);
  });

  it('refuses a docker with too little memory', async () => {
    await sandbox.giveAll({ memory: 3000 });
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain('docker has 3000 MiB of memory, and three environments with Kafka need at least 4700.');
    expect(status).toBe(1);
  });

  it('refuses a docker with one CPU', async () => {
    await sandbox.giveAll({ cpus: 1 });
    const { status, output } = await sandbox.run('bootstrap.sh');
    expect(output).toContain('docker has 1 CPU, and Kubernetes needs 2.');
    expect(status).toBe(1);
  });

  it.each([
    [{ cpus: 16, memory: 32_000 }, /^4 6144\n$/],
    [{ cpus: 2, memory: 16_000 }, /^2 6144\n! docker has 2 CPUs: it works, and starts faster with 4\.\n$/],
    [{ cpus: 4, memory: 5000 }, /^4 4488\n! docker has 5000 MiB of memory: tight/],
  ])('asks for what there is, and says where it is tight: %j', async (size, expected) => {
    await sandbox.giveAll(size);
    expect((await sandbox.shell('size_cluster; echo "$CPUS $MEMORY"')).output).toMatch(expected);
  });
});
