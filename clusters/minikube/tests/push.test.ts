import { readFile, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Objects } from './testing/objects.ts';
import { Repositories } from './testing/repositories.ts';
import { Sandbox } from './testing/sandbox.ts';

/** The server in the cluster is a repository on this machine, with the hook that it has there. */
const SERVER = `case "$*" in 'exec -i deploy/git -- env ON_PURPOSE='*' /git/hello.git')
  until [ "$1" = -- ]; do shift; done
  env "$3" git "\${4#git-}" ~/hello.git
  exit ;;
esac`;

let sandbox: Sandbox;
let cluster: Objects;
let repositories: Repositories;
let first: string;
const home = (name: string) => join(sandbox.folder, '..', name);
const run = async (line: string) => {
  const { status, output } = await sandbox.shell(`EXPLAINED=yes\n${line}`);
  return { status, output: output.replaceAll(/ +$/gm, '') };
};
const git = (...args: string[]) => execFileSync('git', args, { cwd: sandbox.folder }).toString().trim();
const head = () => git('rev-parse', 'HEAD');
const there = (branch = 'main') =>
  git('-C', home('hello.git'), 'for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`);
const change = async (text: string) => {
  await writeFile(join(sandbox.folder, 'README.md'), text);
  git('add', '--all');
  git('-c', 'user.name=a', '-c', 'user.email=b', 'commit', '--quiet', '-m', text);
};
/** What the check that stands beside the hook was asked. */
const checked = async () => (await readFile(home('checked'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
const refreshed = async () => (await cluster.calls()).filter((call) => call.includes('refresh=normal'));

beforeAll(async () => {
  sandbox = await Sandbox.create();
  await sandbox.giveAll();
  cluster = await Objects.in(sandbox);
  await run(`make_repository; configure_remote
    git init --quiet --bare --initial-branch=main ~/hello.git; rm -rf ~/hello.git/hooks; mkdir ~/hello.git/hooks
    cp clusters/minikube/git/pre-receive ~/hello.git/hooks`);
  await writeFile(
    home('hello.git/hooks/check'),
    `#!/bin/sh\necho "$*" >>~/checked\necho 'dev: looks well'\n[ ! -f ~/unwell ] || { echo 'dev: no such image'; exit 1; }\n`,
    { mode: 0o755 },
  );
  repositories = await Repositories.keep(sandbox, 'hello.git');
  first = head();
});
beforeEach(async () => {
  await repositories.restore();
  for (const name of ['checked', 'unwell']) await rm(home(name), { force: true });
  await cluster.clear();
  await cluster.answer(SERVER);
});
afterAll(() => sandbox.remove());

describe('git push minikube', () => {
  it('brings what is committed to where Argo CD reads, which looks at once', async () => {
    expect((await run('git push --quiet minikube')).status).toBe(0);
    expect(there()).toBe(first);
    expect(await refreshed()).toHaveLength(1);
    await change('second');
    expect((await run('git push --quiet minikube')).status).toBe(0);
    expect(there()).toBe(head());
    expect(git('rev-parse', 'minikube/main')).toBe(head());
    expect(await refreshed()).toHaveLength(2);
  });

  it('takes off what would keep Argo CD from it', async () => {
    await cluster.answer(`${SERVER}\ncase "$*" in 'get applications -o '*) echo hello-dev; exit ;; esac`);
    await run('git push --quiet minikube');
    const calls = await cluster.calls();
    const patch = calls.findIndex((call) => call.includes('patch application hello-dev'));
    expect(patch).toBeGreaterThan(calls.findIndex((call) => call.includes('git-receive-pack')));
    expect(calls.findIndex((call) => call.includes('refresh=normal'))).toBeGreaterThan(patch);
  });

  it('is of use to nobody but git', async () => {
    for (const [args, given] of [
      [[], 'nothing'],
      [['git-upload-archive'], 'git-upload-archive'],
      [['sh'], 'sh'],
    ] as const) {
      const { status, output } = await sandbox.run('clusters/minikube/git/push', ...args);
      expect(output).toBe(`push: git calls this with git-receive-pack or git-upload-pack, not ${given}\n`);
      expect(status).toBe(2);
    }
    expect(await cluster.calls()).toEqual([]);
  });

  it('says that the cluster may not run, where it does not answer', async () => {
    await cluster.silence();
    const { status, output } = await run('git push --quiet minikube');
    expect(output).toContain('push: the cluster hello did not take it. Does it run? ./bootstrap.sh');
    expect(status).not.toBe(0);
    expect(await refreshed()).toEqual([]);
  });

  it('works where Argo CD cannot be told', async () => {
    await cluster.answer(`${SERVER}\ncase "$*" in annotate* | get*) exit 1 ;; esac`);
    expect((await run('git push --quiet minikube')).status).toBe(0);
    expect(there()).toBe(first);
  });

  it('finds kubectl in .bin too, from any folder', async () => {
    await run('git push --quiet minikube');
    await sandbox.shell('mkdir .bin; mv "$(command -v kubectl)" .bin');
    await change('second');
    const { status, output } = await run('cd apps/consumer; git push --quiet minikube');
    await sandbox.shell('mv .bin/kubectl ../bin; rm -r .bin');
    expect({ status, output }).toEqual({ status: 0, output: 'remote: dev: looks well\n' });
    expect(there()).toBe(head());
  });
});

describe('git push minikube, of another branch than the one that is deployed', () => {
  beforeEach(async () => {
    await run('git push --quiet minikube');
    git('switch', '--quiet', '-c', 'fix/x');
    await change('not ready');
    await cluster.clear();
    await cluster.answer(SERVER);
  });

  it('is refused before it begins, with what to do', async () => {
    const { status, output } = await run('git push minikube');
    expect(output).toContain('push: this is fix/x, and a push of main is what is deployed, to every environment.');
    expect(output).toContain('git switch main && git merge fix/x && git push minikube\n');
    expect(output).toContain('ON_PURPOSE=yes git push minikube\n');
    expect(status).not.toBe(0);
    expect(there()).toBe(first);
    expect(await cluster.calls()).toEqual([]);
  });

  it.each(['no', '1', ''])('is refused with ON_PURPOSE=%s', async (word) => {
    expect((await run(`ON_PURPOSE='${word}' git push minikube`)).status).not.toBe(0);
    expect(there()).toBe(first);
  });

  it('works on purpose', async () => {
    expect((await run('ON_PURPOSE=yes git push --quiet minikube')).status).toBe(0);
    expect(there()).toBe(head());
  });

  it('can read what is there', async () => {
    const { status, output } = await run('git ls-remote minikube; git fetch --quiet minikube');
    expect(output).toContain(`${first}\trefs/heads/main`);
    expect(status).toBe(0);
    expect(await refreshed()).toEqual([]);
  });

  it('is refused beside any branch', async () => {
    git('checkout', '--quiet', '--detach');
    const { status, output } = await run('git push minikube');
    expect(output).toContain(`push: this is ${git('rev-parse', '--short', 'HEAD')}, and a push of main`);
    expect(status).not.toBe(0);
    expect(there()).toBe(first);
  });

  it('says how to go on where the one that is deployed is gone', async () => {
    git('branch', '--quiet', '-D', 'main');
    const { status, output } = await run('git push --quiet minikube');
    expect(output).toContain('push: the branch main, which is deployed, is not here any more, and this is fix/x.');
    expect(output).toContain('git config hello-world.branch BRANCH && git push minikube');
    expect(status).not.toBe(0);
    git('config', 'hello-world.branch', 'fix/x');
    expect((await run('git push --quiet minikube')).status).toBe(0);
    expect(there()).toBe(head());
    git('switch', '--quiet', '-c', 'other');
    await change('other');
    expect((await run('git push minikube')).output).toContain('this is other, and a push of fix/x');
    git('switch', '--quiet', 'fix/x');
    await change('more');
    expect(await run('git push --quiet minikube')).toMatchObject({
      status: 0,
      output: expect.not.stringContaining('push:') as string,
    });
    expect(there()).toBe(head());
  });

  it('is main without a word of another', async () => {
    git('config', '--unset', 'hello-world.branch');
    expect((await run('git push minikube')).output).toContain('and a push of main is what is deployed');
    git('switch', '--quiet', 'main');
    await change('more');
    expect((await run('git push --quiet minikube')).status).toBe(0);
  });
});

describe('what the git server in the cluster takes', () => {
  const push = (...args: string[]) => run(`git push ${args.join(' ')}`);
  const onPurpose = (...args: string[]) => run(`ON_PURPOSE=yes git push ${args.join(' ')}`);

  it('is checked before, with what is there', async () => {
    await push('minikube');
    await change('second');
    const { output } = await push('minikube');
    expect(output).toContain('dev: looks well');
    expect(await checked()).toEqual([`--render ${first}`, `--render ${head()} ${first}`]);
  });

  it.each(['at first', 'later'])('is not what the check refuses, %s', async (time) => {
    if (time === 'later') {
      await push('minikube');
      await change('second');
    }
    const before = there();
    await writeFile(home('unwell'), '');
    const { status, output } = await push('minikube');
    expect(output).toContain('dev: no such image');
    expect(output).toContain('Nothing was taken.');
    // It is the push that is not well, not the cluster.
    expect(output).not.toContain('Does it run?');
    expect(status).not.toBe(0);
    expect(there()).toBe(before);
    await rm(home('unwell'));
    expect((await push('minikube')).status).toBe(0);
    expect(there()).toBe(head());
  });

  it('is not what takes back commits, but on purpose', async () => {
    await push('minikube');
    await change('second');
    await change('third');
    await push('minikube');
    const newest = head();
    git('reset', '--quiet', '--hard', first);
    await rm(home('checked'));
    const { status, output } = await push('--force', 'minikube');
    expect(output).toContain(
      `This would take back what is deployed: 2 of its commits, up to ${git('rev-parse', '--short', newest)}.`,
    );
    expect(output).toContain('git pull --rebase minikube main');
    expect(output).toContain('ON_PURPOSE=yes git push --force minikube');
    expect(status).not.toBe(0);
    expect(there()).toBe(newest);
    expect(await checked()).toEqual([]);
    expect((await onPurpose('--force', 'minikube')).status).toBe(0);
    expect(there()).toBe(first);
    expect(await checked()).toEqual([`--render ${first} ${newest}`]);
  });

  it('is not another history in place of this one', async () => {
    await push('minikube');
    git('-c', 'user.name=a', '-c', 'user.email=b', 'commit', '--quiet', '--amend', '-m', 'Begin otherwise');
    const { status, output } = await push('--force', 'minikube');
    expect(output).toContain('This would take back what is deployed: 1 of its commits');
    expect(status).not.toBe(0);
    expect(there()).toBe(first);
  });

  it('is checked on purpose as well, and taken whatever the check says', async () => {
    await push('minikube');
    await change('second');
    await push('minikube');
    const newest = there();
    git('reset', '--quiet', '--hard', first);
    await writeFile(home('unwell'), '');
    expect((await onPurpose('--force', 'minikube')).status).toBe(0);
    expect(await checked()).toContain(`--render ${first} ${newest}`);
    expect(there()).toBe(first);
  });

  it('is not that the deployed branch goes, on purpose or not', async () => {
    await push('minikube');
    for (const way of [push, onPurpose]) {
      const { status, output } = await way('minikube', ':main');
      expect(output).toContain('The branch that is deployed cannot be deleted.');
      expect(status).not.toBe(0);
      expect(there()).toBe(first);
    }
  });

  it('is any other branch, as its author likes', async () => {
    await push('minikube');
    await change('second');
    await writeFile(home('unwell'), '');
    await rm(home('checked'));
    expect((await push('minikube', 'HEAD:refs/heads/try')).status).toBe(0);
    expect(there('try')).toBe(head());
    git('reset', '--quiet', '--hard', first);
    expect((await push('--force', 'minikube', 'HEAD:refs/heads/try')).status).toBe(0);
    expect(there('try')).toBe(first);
    expect((await push('minikube', ':try')).status).toBe(0);
    expect(there('try')).toBe('');
    expect(await checked()).toEqual([]);
  });

  it('is all of a push or nothing', async () => {
    await push('minikube');
    await change('second');
    await writeFile(home('unwell'), '');
    const { status } = await push('minikube', 'HEAD:refs/heads/try', 'HEAD:refs/heads/main');
    expect(status).not.toBe(0);
    expect(there()).toBe(first);
    expect(there('try')).toBe('');
  });
});
