import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { serveBranches } from './testing/git-server.ts';
import { kubectl } from './testing/kubectl.ts';
import { Objects } from './testing/objects.ts';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
let cluster: Objects;
const home = (name: string) => join(sandbox.folder, '..', name);
const shell = (line: string) => sandbox.shell(`TMPDIR=~/keys\n${line}`);
const leftFolders = () => readdir(home('keys'));
const PATH = 'argocd/secret/hello-world-repository';
const SSH = 'git@github.com:you/hello.git';

beforeAll(async () => {
  sandbox = await Sandbox.create();
  await sandbox.giveAll();
  await sandbox.give('true');
  cluster = await Objects.in(sandbox);
});
beforeEach(async () => {
  await cluster.clear();
  for (const name of ['keys', '.gitconfig']) await rm(home(name), { recursive: true, force: true });
  await mkdir(home('keys'));
});
afterAll(() => sandbox.remove());

describe("a URL's secrets", () => {
  it.each([
    ['https://github.com/you/hello', 'https://github.com/you/hello', ''],
    ['https://ann:s3cret@github.com/you/hello', 'https://github.com/you/hello', 'ann:s3cret'],
    ['https://t0ken@github.com/you/hello', 'https://github.com/you/hello', 't0ken'],
    ['http://ann:s3:cret@host:3000/you/hello', 'http://host:3000/you/hello', 'ann:s3:cret'],
    ['https://github.com/you/hello@2', 'https://github.com/you/hello@2', ''],
    ['git@github.com:you/hello.git', 'git@github.com:you/hello.git', ''],
    ['ssh://git@github.com/you/hello.git', 'ssh://git@github.com/you/hello.git', ''],
    ['git://example.com/hello.git', 'git://example.com/hello.git', ''],
    ['', '', ''],
  ])('are taken out of it: %s', async (url, bare, login) => {
    expect((await shell(`split_credentials '${url}'; echo "$BARE $LOGIN"`)).output).toBe(`${bare} ${login}\n`);
  });
});

describe('the folder of secrets', () => {
  it.each(['HUP', 'INT', 'TERM'])('is gone when it ends by %s', async (signal) => {
    // Without a job's own group of processes, a shell in the background does not hear INT.
    const { status } = await shell(`
      inside() { touch "$PRIVATE/key"; kill -${signal} "$(sh -c 'echo $PPID')"; sleep 5; }
      EXPLAINED=yes
      private inside`);
    expect(status).toBe(130);
    expect(await leftFolders()).toEqual([]);
  });

  it('is not one where none can be made', async () => {
    const { status, output } = await sandbox.shell('TMPDIR=~/nowhere; EXPLAINED=yes; private echo inside');
    expect(output).not.toContain('inside');
    expect(status).toBe(1);
  });
});

describe.skipIf(kubectl === undefined)('what lets Argo CD in', () => {
  const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----';
  const keepKey = async (content: string) => {
    await writeFile(home('key'), content);
    return shell(`keep_credentials ${SSH} ~/key ''`);
  };
  const keys = async () => Object.keys((await cluster.get(PATH)).data).sort();

  it('is a deploy key in a Secret that Argo CD knows as one of a repository', async () => {
    expect((await keepKey(key)).status).toBe(0);
    const { metadata } = await cluster.get(PATH);
    expect(metadata.labels).toEqual({ 'argocd.argoproj.io/secret-type': 'repository' });
    expect(await keys()).toEqual(['sshPrivateKey', 'type', 'url']);
    expect(await cluster.value(PATH, 'url')).toBe(SSH);
    expect(await cluster.value(PATH, 'type')).toBe('git');
  });

  it.each([key, `${key}\n`, `${key}\n\n`])('is a key as ssh takes it, however it was copied', async (content) => {
    await keepKey(content);
    expect(await cluster.value(PATH, 'sshPrivateKey')).toBe(`${key}\n`);
  });

  it.each([
    ['ann:s3:cret', 'ann', 's3:cret'],
    ['t0ken', 'git', 't0ken'],
  ])('is a user and a token, of %s', async (login, username, password) => {
    const { status } = await shell(`keep_credentials https://github.com/you/hello '' '${login}'`);
    expect(status).toBe(0);
    expect(await keys()).toEqual(['password', 'type', 'url', 'username']);
    expect(await cluster.value(PATH, 'username')).toBe(username);
    expect(await cluster.value(PATH, 'password')).toBe(password);
  });

  it('is not kept where the key cannot be read, which is said', async () => {
    const { status } = await shell(`keep_credentials ${SSH} ~/no-key ''`);
    expect(status).not.toBe(0);
    expect(await cluster.taken()).toEqual([]);
  });

  it('is said not to be kept where the cluster does not take it', async () => {
    await cluster.refuse('hello-world-repository');
    expect((await keepKey(key)).status).not.toBe(0);
  });

  it('is in no file afterwards', async () => {
    await keepKey(key);
    await shell(`git_with_credentials --version; keep_credentials x '' t0ken; git_with_credentials --version`);
    expect(await leftFolders()).toEqual([]);
  });

  it('is for its repository alone', async () => {
    const known = async (url: string) => (await shell(`has_credentials '${url}' && echo yes || echo no`)).output.trim();
    expect(await known(SSH)).toBe('no');
    await keepKey(key);
    expect(await known(SSH)).toBe('yes');
    expect(await known('git@github.com:you/hello')).toBe('no');
    await cluster.silence();
    expect(await known(SSH)).toBe('no');
  });

  describe('lets git on this machine in', () => {
    const branches = `${'a'.repeat(40)}\trefs/heads/main\n`;
    const serve = async (login: string) => {
      const server = await serveBranches(branches, login);
      onTestFinished(server.close);
      return server;
    };

    it('with the token', async () => {
      const { url, asked } = await serve('ann:s3cret$"');
      await shell(`keep_credentials '${url}' '' 'ann:s3cret$"'`);
      const { status, output } = await shell(`git_with_credentials ls-remote --heads '${url}'`);
      expect({ status, output }).toEqual({ status: 0, output: branches });
      expect(asked.at(-1)).toBe(`Basic ${Buffer.from('ann:s3cret$"').toString('base64')}`);
    });

    it('not with another token, and asks nobody', async () => {
      const { url } = await serve('git:another');
      await shell(`keep_credentials '${url}' '' t0ken`);
      const { status, output } = await shell(`git_with_credentials ls-remote --heads '${url}'`);
      expect(status).not.toBe(0);
      expect(output).toContain('Authentication failed');
    });

    it("not with what a user's own helper knows", async () => {
      const { url } = await serve('git:known');
      await shell(`keep_credentials '${url}' '' t0ken
        git config --global credential.helper '!echo username=git; echo password=known; #'`);
      const { status } = await shell(`git_with_credentials ls-remote --heads '${url}'`);
      expect(status).not.toBe(0);
    });

    it('with the key alone, in a file that only this user can read', async () => {
      await keepKey(key);
      await sandbox.give(
        'ssh',
        `printf '%s\\n' "$*" >~/ssh-arguments
        cat "$4" >~/ssh-key; ls -l "$4" | cut -c 1-10 >~/ssh-mode; exit 1`,
      );
      await shell(`git_with_credentials ls-remote --heads ${SSH} || true`);
      expect(await readFile(home('ssh-key'), 'utf8')).toBe(`${key}\n`);
      expect(await readFile(home('ssh-mode'), 'utf8')).toBe('-rw-------\n');
      const given = await readFile(home('ssh-arguments'), 'utf8');
      expect(given).toMatch(
        /^-F none -i .*\/key -o IdentitiesOnly=yes -o BatchMode=yes .*git@github\.com git-upload-pack/,
      );
      const path = given.replaceAll(/^-F none -i | -o .*/gs, '');
      expect(path).toMatch(/\/keys\/hello-world\.\w+\/key$/);
      await expect(stat(path)).rejects.toThrow('ENOENT');
    });
  });
});
