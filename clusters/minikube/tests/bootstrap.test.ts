import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

const files = (folder: string) => readdir(join(sandbox.folder, folder)).catch(() => []);
const text = (file: string) => readFile(join(sandbox.folder, file), 'utf8');

describe('./bootstrap.sh, before it begins', () => {
  it('says how it is used', async () => {
    const { status, output } = await sandbox.run('bootstrap.sh', '--help');
    expect(status).toBe(0);
    for (const word of ['up', 'status', 'trust', 'rotate', 'doctor', 'down', '--repo URL', '--observe'])
      expect(output).toContain(word);
  });

  it.each([
    [['--rebo', 'x'], 'There is no command or option --rebo.'],
    [['update'], 'There is no command or option update.'],
    [['--repo'], '--repo needs a URL.'],
    [['--repo', ''], '--repo needs a URL.'],
    [['--repo', 'git@github.com:you/hello.git'], 'needs --key FILE, a deploy key'],
    [['--repo', '/home/you/hello'], '--repo needs a URL that the cluster can read'],
    [['status', '--repo', 'https://github.com/you/hello'], '--repo has a meaning with up only'],
    [['status', '--observe'], '--observe has a meaning with up only, not with status'],
    [['doctor', '--observe'], '--observe has a meaning with up only, not with doctor'],
    [['--observe=yes'], '--observe takes nothing, and not yes.'],
    [['--observe', 'yes'], 'There is no command or option yes.'],
  ])('refuses %j', async (args, message) => {
    const { status, output } = await sandbox.run('bootstrap.sh', ...args);
    expect(output).toContain(message);
    expect(output).toContain('./bootstrap.sh --help');
    expect(status).toBe(2);
  });

  it('refuses two commands', async () => {
    const { status, output } = await sandbox.run('bootstrap.sh', 'down', 'up');
    expect(output).toContain('down and up');
    expect(status).toBe(2);
  });
});

/** A cluster, as far as these commands look at it: kubectl's answers by what its arguments contain. */
const cluster = async (answers: string) => {
  await sandbox.giveAll();
  await sandbox.give(
    'minikube',
    `case $1 in version) echo v1.38.1 ;; profile) echo '{"valid":[{"Name":"hello"}]}' ;; delete) ;; *) exit 1 ;; esac`,
  );
  await sandbox.give(
    'kubectl',
    `case "$*" in version*) echo 'Client Version: v1.35.1' ;; *'/readyz '*) ;; ${answers} *) exit 1 ;; esac`,
  );
};

describe('./bootstrap.sh rotate', () => {
  it('says that there is no cluster', async () => {
    await sandbox.giveAll();
    const { status, output } = await sandbox.run('bootstrap.sh', 'rotate');
    expect(output).toContain('There is no cluster hello.');
    expect(status).toBe(1);
  });

  it('says that there is nothing to rotate where no environment is secured', async () => {
    await cluster('');
    await sandbox.shell(
      `sed '/\\/secured$/d' overlays/prod/kustomization.yaml >../new; cp ../new overlays/prod/kustomization.yaml`,
    );
    const { status, output } = await sandbox.run('bootstrap.sh', 'rotate');
    expect(output).toContain('No environment is secured, so there is nothing to rotate.');
    expect(output).toContain('base/secured');
    expect(status).toBe(1);
  });

  it('begins with nothing while a Secret is missing', async () => {
    await cluster(`*'get secrets'*) echo secret/kafka-tls; echo secret/page-tls; echo secret/accounts ;;`);
    const { status, output } = await sandbox.run('bootstrap.sh', 'rotate');
    expect(output).toContain('prod has no Secret kafka-passwords session-keys.');
    expect(output).toContain('./bootstrap.sh');
    expect(status).toBe(1);
  });

  it('does not mix authorities', async () => {
    await cluster(
      `*'get secrets'*) printf 'secret/%s\\n' kafka-tls kafka-passwords page-tls session-keys accounts ;; *'argocd get secret hello-world-ca'*) echo b25l ;; *jsonpath*) echo dHdv ;; *) ;;`,
    );
    const { status, output } = await sandbox.run('bootstrap.sh', 'rotate');
    expect(output).toContain("prod's certificates are of another authority");
    expect(status).toBe(1);
  });
});

describe('./bootstrap.sh trust', () => {
  const ca = Buffer.from('a certificate').toString('base64');
  const withAuthority = () =>
    cluster(`*'secret hello-world-ca'*) echo ${ca} ;; *'get services'*) echo 'hello-prod https:30003' ;;`);
  const certutil = `
    for last; do :; done
    case $1 in
      -N) touch "\${3#sql:}/cert9.db" ;;
      -L) [ -f "\${3#sql:}/trusted" ] ;;
      -A) cp "$last" "\${3#sql:}/trusted" ;;
      -D) rm "\${3#sql:}/trusted" ;;
    esac`;
  const trusted = () => readFile(join(sandbox.folder, '../.pki/nssdb/trusted'), 'utf8').catch(() => 'nothing');

  it('says that there is no cluster', async () => {
    await sandbox.giveAll();
    const { status, output } = await sandbox.run('bootstrap.sh', 'trust');
    expect(output).toContain('There is no cluster hello.');
    expect(status).toBe(1);
  });

  it('says how to get certutil', async () => {
    await withAuthority();
    const { status, output } = await sandbox.run('bootstrap.sh', 'trust');
    expect(output).toContain('certutil is missing');
    expect(output).toContain('sudo apt-get install libnss3-tools');
    expect(status).toBe(1);
  });

  it('trusts what the cluster has, again and again, until down', async () => {
    await withAuthority();
    await sandbox.give('certutil', certutil);
    for (let time = 0; time < 2; time += 1) {
      const { status, output } = await sandbox.run('bootstrap.sh', 'trust');
      expect(output).toContain('.pki/nssdb');
      expect(output).toContain('curl --cacert .bin/ca.crt https://localhost:8003/healthz');
      expect(status).toBe(0);
      expect(await trusted()).toBe('a certificate');
    }
    expect((await sandbox.run('bootstrap.sh', 'down')).output).toContain('no longer trusted');
    expect(await trusted()).toBe('nothing');
    expect((await sandbox.run('bootstrap.sh', 'down')).output).not.toContain('trusted');
  });

  it('trusts the new authority in place of the old', async () => {
    await withAuthority();
    await sandbox.give('certutil', certutil);
    await sandbox.run('bootstrap.sh', 'trust');
    await cluster(`*'secret hello-world-ca'*) echo ${Buffer.from('another').toString('base64')} ;;`);
    await sandbox.run('bootstrap.sh', 'trust');
    expect(await trusted()).toBe('another');
  });

  it('knows the keychain of macOS', async () => {
    await withAuthority();
    await sandbox.give('uname', 'case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac');
    await sandbox.give(
      'security',
      `file=$HOME/keychain
      case $1 in
        find-certificate) [ -f "$file" ] ;;
        add-trusted-cert) for last; do :; done; cp "$last" "$file" ;;
        delete-certificate) rm "$file" ;;
      esac`,
    );
    const { status, output } = await sandbox.run('bootstrap.sh', 'trust');
    expect(output).toContain('in the login keychain');
    expect(status).toBe(0);
    expect(await files('..')).toContain('keychain');
    expect((await sandbox.run('bootstrap.sh', 'down')).output).toContain('out of the login keychain');
    expect(await files('..')).not.toContain('keychain');
  });
});

describe('the repository', () => {
  beforeEach(() => sandbox.giveAll());

  it('is made of a folder without one, with the image of just this content', async () => {
    await sandbox.shell('make_repository');
    const { output } = await sandbox.shell(
      'git log --oneline | wc -l; git status --porcelain; wanted_tags; content_tag HEAD',
    );
    const [commits, wanted, tag] = output.trim().split('\n');
    expect(commits).toBe('1');
    expect(wanted).toBe(tag);
    expect((await sandbox.shell('make_repository')).output).toBe('');
  });

  it('is removed with what up made, if nothing was done with it', async () => {
    await sandbox.shell('make_repository; configure_remote');
    await sandbox.shell('forget_repository');
    expect(await files('.git')).toEqual([]);
  });

  it('stays when something was done with it, without what up set', async () => {
    await sandbox.shell('make_repository; configure_remote');
    await writeFile(join(sandbox.folder, 'mine.txt'), 'mine');
    expect((await sandbox.shell('forget_repository')).output).toContain('stays');
    const config = await text('.git/config');
    expect(config).not.toContain('minikube');
    expect(config).not.toContain('ext');
  });

  it('is pushed to by `git push` alone where there is no origin', async () => {
    await sandbox.shell('make_repository; configure_remote');
    expect((await sandbox.shell('git config remote.pushDefault')).output.trim()).toBe('minikube');
    await sandbox.shell(
      'git config --unset remote.pushDefault; git remote add origin https://github.com/you/x; configure_remote',
    );
    expect((await sandbox.shell('git config remote.pushDefault || echo none')).output.trim()).toBe('none');
  });

  it('says what is not deployed', async () => {
    await sandbox.shell('make_repository');
    await writeFile(join(sandbox.folder, 'overlays/dev/consumer.env'), 'BANNER=Mine\n');
    const { output } = await sandbox.shell('say_uncommitted');
    expect(output).toContain('uncommitted changes are not deployed, only commit');
    expect(output).toContain('overlays/dev/consumer.env');
  });

  it('has a branch on a detached HEAD too', async () => {
    await sandbox.shell('make_repository; git checkout --quiet --detach');
    expect((await sandbox.shell('current_branch')).output.trim()).toBe('main');
  });

  it.each([
    ['git@github.com:you/hello.git', 'https://github.com/you/hello.git'],
    ['ssh://git@gitlab.com:2222/you/hello.git', 'https://gitlab.com/you/hello.git'],
    ['https://you:secret@github.com/you/hello', 'https://github.com/you/hello'],
    ['https://github.com/you/hello', 'https://github.com/you/hello'],
    ['git://example.com/hello.git', 'git://example.com/hello.git'],
  ])('is read without an account: %s', async (url, expected) => {
    expect((await sandbox.shell(`public_url '${url}'`)).output.trim()).toBe(expected);
  });

  it('has the image of an earlier commit built from that commit', async () => {
    await sandbox.shell('make_repository; git rev-parse HEAD >../first; content_tag HEAD >../tag');
    await writeFile(join(sandbox.folder, 'apps/consumer/main.ts'), 'console.log("Hello again");\n');
    await sandbox.shell('git add -A; commit -m Change');
    const { output } = await sandbox.shell(
      'cat ../first; commit_of "$(cat ../tag)"; commit_of 000000000000 || echo none',
    );
    const [first, found, none] = output.trim().split('\n');
    expect(found).toBe(first);
    expect(none).toBe('none');
  });
});

describe('the commands', () => {
  const commands = ['release', 'promote', 'ship', 'sync', 'diff', 'render', 'environment', 'users'];
  beforeEach(() => sandbox.giveAll());

  it.each(commands)('npm run %s says how it is used', async (name) => {
    const { status, output } = await sandbox.run(`clusters/minikube/scripts/commands/${name}`, '--help');
    expect(output).toContain(`Usage: npm run ${name}`);
    expect(status).toBe(0);
  });

  it.each([
    ['release', ['now'], 'takes nothing'],
    ['sync', ['now'], 'takes nothing'],
    ['ship', ['now'], 'takes nothing'],
    ['promote', ['dev'], 'two environments'],
    ['promote', ['dev', 'prod', 'more'], 'two environments'],
    ['diff', ['dev', 'prod'], 'at most one environment'],
    ['render', [], 'Which environment? There are: default dev prod.'],
    ['render', ['dev', 'prod'], 'one environment'],
  ])('npm run %s refuses %j', async (name, args, message) => {
    const { status, output } = await sandbox.run(`clusters/minikube/scripts/commands/${name}`, ...args);
    expect(output).toContain(message);
    expect(status).toBe(2);
  });

  it.each([
    ['render', ['nowhere']],
    ['diff', ['nowhere']],
    ['promote', ['dev', 'nowhere']],
    ['render', ['../base']],
  ])('npm run %s knows that %j is no environment', async (name, args) => {
    const { status, output } = await sandbox.run(`clusters/minikube/scripts/commands/${name}`, ...args);
    expect(output).toMatch(/There is no environment .*\n.*There are: default dev prod\./);
    expect(status).toBe(1);
  });

  it.each(['sync', 'diff', 'release', 'ship'])('npm run %s says that there is no cluster', async (name) => {
    await sandbox.shell('make_repository');
    const { status, output } = await sandbox.run(`clusters/minikube/scripts/commands/${name}`);
    expect(output).toContain('There is no cluster hello.');
    expect(output).toContain('./bootstrap.sh');
    expect(status).toBe(1);
  });

  it('npm run promote commits the tag and nothing else', async () => {
    await sandbox.shell(
      'make_repository; set_overlay_tag dev 0123456789ab; commit -am Release; echo x >>README.md; git add -A',
    );
    const { status } = await sandbox.run('clusters/minikube/scripts/commands/promote', 'dev', 'prod', '--force');
    expect(status).toBe(0);
    const { output } = await sandbox.shell('overlay_tag prod; git show --stat --format=%s HEAD');
    expect(output).toMatch(/^0123456789ab\nPromote 0123456789ab from dev to prod\n/);
    expect(output).toContain('1 file changed, 1 insertion(+), 1 deletion(-)');
    const again = await sandbox.run('clusters/minikube/scripts/commands/promote', 'dev', 'prod', '--force');
    expect(again.output).toContain('nothing to commit');
  });

  it('npm run release refuses what is not committed', async () => {
    await sandbox.shell('make_repository');
    await writeFile(join(sandbox.folder, 'apps/consumer/main.ts'), '1');
    const { status, output } = await sandbox.run('clusters/minikube/scripts/commands/release');
    expect(output).toContain('uncommitted changes');
    expect(output).toContain('apps/consumer/main.ts');
    expect(status).toBe(1);
  });
});
