import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  await sandbox.giveAll();
});
afterEach(() => sandbox.remove());

const users = (...args: string[]) => sandbox.run('clusters/minikube/scripts/commands/users', ...args);

describe('npm run users', () => {
  it.each([
    [[], 'What is to be done?'],
    [['invite', 'ann', '--env', 'prod'], 'There is no command invite.'],
    [['list', 'ann', '--env', 'prod'], 'list takes no name.'],
    [['add', '--env', 'prod'], 'add whom?'],
    [['grant', 'ann', '--env', 'prod'], 'grant takes a name and the topics'],
    [['remove', '--env', 'prod'], 'remove takes one name.'],
    [['remove', 'ann', 'bob', '--env', 'prod'], 'remove takes one name.'],
    [['add', 'ann', '--env'], '--env needs an environment.'],
    [['add', 'ann'], 'Which environment? --env and one of: prod.'],
    [['add', 'ann', '--password', 'x', '--env', 'prod'], 'There is no option --password.'],
    [['list', '--password-stdin', '--env', 'prod'], 'list takes no password.'],
  ])('refuses %j', async (args, message) => {
    const { status, output } = await users(...args);
    expect(output).toContain(message);
    expect(output).toContain('npm run users -- --help');
    expect(status).toBe(2);
  });

  it('knows that everyone sees an open environment', async () => {
    const { status, output } = await users('add', 'ann', '--env', 'dev');
    expect(output).toContain('dev has no accounts: everyone on this machine sees it.');
    expect(output).toContain('With accounts are: prod.');
    expect(status).toBe(1);
  });

  it('knows what is no environment', async () => {
    const { status, output } = await users('list', '--env', 'nowhere');
    expect(output).toContain('There is no environment nowhere.');
    expect(status).toBe(1);
  });

  it('says that there is no cluster', async () => {
    const { status, output } = await users('list', '--env', 'prod');
    expect(output).toContain('There is no cluster hello.');
    expect(status).toBe(1);
  });
});

describe('npm run users, with a cluster', () => {
  const state = (name: string) => join(sandbox.folder, '..', name);
  const stored = async () => JSON.parse(await readFile(state('accounts.json'), 'utf8')) as unknown;
  const empty = '{"users":[]}';

  /**
   * A cluster that keeps one Secret, and two replicas that report what it has; a program that writes down what it was
   * given.
   */
  beforeEach(async () => {
    await writeFile(state('accounts.json'), empty);
    await sandbox.give(
      'minikube',
      `case $1 in version) echo v1.38.1 ;; profile) echo '{"valid":[{"Name":"hello"}]}' ;; *) exit 1 ;; esac`,
    );
    await sandbox.give(
      'kubectl',
      `cd ~
      case "$*" in
        version*) echo 'Client Version: v1.35.1' ;;
        *'/readyz '*) ;;
        *'get secret accounts') ;;
        *resourceVersion*) echo 7 ;;
        *'get secret accounts -o'*) base64 <accounts.json ;;
        *'get deployments -A'*) echo 'hello-prod hello-world:0123456789ab' ;;
        *'get deployment consumer'*) echo consumer-x ;;
        *'get configmap'*) echo hello-world,news ;;
        *'patch secret'*)
          [ ! -f busy ] || { rm busy; echo 'the object has been modified; please apply your changes to the latest version' >&2; exit 1; }
          for last; do :; done
          sed 's/.*"accounts.json":"\\([^"]*\\)".*/\\1/' "$last" | base64 -d >accounts.json ;;
        *'annotate pods'*) ;;
        *'get pods'*) echo one; echo two ;;
        *metrics*) echo "accounts_info{digest=\\"$(sha256sum <accounts.json | cut -c 1-12)\\"} 1" ;;
        *) echo "not expected: $*" >&2; exit 1 ;;
      esac`,
    );
    await sandbox.give(
      'docker',
      `cd ~
      case "$1" in
        version) echo 28.2.2 ;;
        image | inspect) ;;
        run)
          while [ "$1" != hello-world:0123456789ab ]; do shift; done
          shift 2
          read -r password
          [ "$2" != nobody ] || { echo 'there is no user nobody' >&2; exit 1; }
          echo "{\\"command\\":\\"$*\\",\\"password\\":\\"$password\\",\\"before\\":$(cat)}" ;;
      esac`,
    );
  });

  it('adds somebody with a password that is drawn and shown once, and waits for every replica', async () => {
    const { status, output } = await users('add', 'ann', 'news', '--env', 'prod');
    const { password, ...rest } = (await stored()) as { password: string };
    expect(rest).toEqual({ command: 'add ann news', before: { users: [] } });
    expect(password).toMatch(/^[\w-]{24}$/);
    expect(output).toContain(`password: ${password}\n  Shown this once.`);
    expect(output).toMatch(/✓ add ann: prod has it, 2 replicas, after \d+ s/);
    expect(status).toBe(0);
  });

  it('begins anew when somebody else was quicker', async () => {
    await writeFile(state('busy'), '');
    const { status } = await users('remove', 'ann', '--env=prod');
    expect(await stored()).toEqual({ command: 'remove ann', password: '', before: { users: [] } });
    expect(status).toBe(0);
  });

  it.each(['add', 'grant'])('knows which topics there are to %s', async (command) => {
    const { status, output } = await users(command, 'ann', 'news', 'olds', '--env', 'prod');
    expect(output).toContain('prod has no topic olds.\n  It has: hello-world news');
    expect(await readFile(state('accounts.json'), 'utf8')).toBe(empty);
    expect(status).toBe(1);
  });

  it('says what the program says', async () => {
    const { status, output } = await users('revoke', 'nobody', '--env', 'prod');
    expect(output).toContain('✗ there is no user nobody\n');
    expect(output).not.toContain('stopped where it should not');
    expect(await readFile(state('accounts.json'), 'utf8')).toBe(empty);
    expect(status).toBe(1);
  });

  it('wants a password on stdin where that was said', async () => {
    const { status, output } = await users('password', 'ann', '--env', 'prod', '--password-stdin');
    expect(output).toContain('There is no password on stdin.');
    expect(status).toBe(1);
  });

  it('asks each replica for the first digits of what it wrote', async () => {
    await users('grant', 'ann', 'news', '--env', 'prod');
    const digest = createHash('sha256')
      .update(await readFile(state('accounts.json')))
      .digest('hex')
      .slice(0, 12);
    const { output } = await sandbox.shell(
      `has_digest hello-prod one ${digest} && echo yes; has_digest hello-prod one 000000000000 || echo no`,
    );
    expect(output).toBe('yes\nno\n');
  });
});
