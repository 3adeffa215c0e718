import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { watchArguments } from './testing/arguments.ts';
import { serveBranches } from './testing/git-server.ts';
import { kubectl } from './testing/kubectl.ts';
import { Objects } from './testing/objects.ts';
import { Repositories } from './testing/repositories.ts';
import { Sandbox } from './testing/sandbox.ts';

const IN_CLUSTER = 'git://git.argocd.svc/hello.git';
const ORIGIN = 'https://github.com/you/hello';
/** The git in the cluster is this machine's, for which what is public is what ~/public says. */
const READS = `'exec deploy/argocd-repo-server '*) until [ "$1" = -- ]; do shift; done; shift; GIT_CONFIG_GLOBAL=~/public "$@"; exit ;;`;

let sandbox: Sandbox;
let cluster: Objects;
let repositories: Repositories;
const home = (name: string) => join(sandbox.folder, '..', name);
/** Runs git's part of a story. @throws where that fails */
const git = async (line: string) => {
  const { status, output } = await sandbox.shell(line);
  if (status !== 0) throw new Error(output);
  return output.trim();
};
const change = `echo more >>README.md; git add -A; commit -m 'Change README.md'`;

/** A machine with a clone of a public origin; other URLs of that host are private or not there. */
const prepare = async () => {
  sandbox = await Sandbox.create();
  await sandbox.giveAll();
  for (const name of ['timeout', 'true']) await sandbox.give(name);
  cluster = await Objects.in(sandbox);
  await git(`make_repository
    git clone --quiet --bare . ~/origin.git
    git config --file ~/public url."$HOME/origin.git".insteadOf ${ORIGIN}
    git config --file ~/public url."$HOME/not-there.git".insteadOf https://github.com/you/private
    git remote add origin ${ORIGIN}
    git config --unset hello-world.made
    rm -r ~/origin.git/hooks`);
  repositories = await Repositories.keep(sandbox, 'origin.git');
};
const restore = async () => {
  await repositories.restore();
  await cluster.clear();
  await cluster.answer(`case "$*" in ${READS} esac`);
};

beforeAll(prepare);
beforeEach(restore);
afterAll(() => sandbox.remove());

/** What is chosen. What failed says so. */
const choose = async (asked = '', key = '', login = '') =>
  (await sandbox.shell(`choose_repository '${asked}' "${key}" '${login}'; echo "$REPO $REVISION: $WHY"`)).output.trim();
const deployed = (repoURL: string, targetRevision: string) =>
  cluster.put('argocd/application/hello', { spec: { source: { repoURL, targetRevision } } });

describe.skipIf(kubectl === undefined)('the repository that Argo CD reads, at first', () => {
  it('is origin, which anybody may read and which has this commit', async () => {
    expect(await choose()).toBe(`${ORIGIN} main: origin, which anybody may read`);
  });

  it.each([
    ['git@github.com:you/hello', ORIGIN],
    ['ssh://git@github.com/you/hello', ORIGIN],
    ['https://ann:s3cret@github.com/you/hello', ORIGIN],
  ])('is origin by the name that anybody may read, of %s', async (url, expected) => {
    await git(`git remote set-url origin ${url}`);
    expect(await choose()).toBe(`${expected} main: origin, which anybody may read`);
  });

  it('is origin, of the branch that is checked out', async () => {
    await git('git switch --quiet -c fix/x; git push --quiet ~/origin.git fix/x');
    expect(await choose()).toBe(`${ORIGIN} fix/x: origin, which anybody may read`);
  });

  describe("with others' commits on top", () => {
    const colleague = (then: string) =>
      git(`git clone --quiet ~/origin.git ~/colleague
        cd ~/colleague; echo >x; git add x; git -c user.name=a -c user.email=b commit --quiet -m x; git push --quiet
        cd ..; rm -rf colleague; cd 'a folder'; ${then}`);

    it('is origin', async () => {
      await colleague('git remote set-url origin ~/origin.git');
      expect(await choose()).toBe(`${home('origin.git')} main: origin, which anybody may read`);
    });

    it('is in the cluster where this machine cannot see that they are on top', async () => {
      const head = await colleague('git config http.proxy http://127.0.0.1:1; git rev-parse --short HEAD');
      expect(await choose()).toBe(`${IN_CLUSTER} main: origin does not have this commit, ${head}`);
    });
  });

  it('is in the cluster without an origin', async () => {
    await git('git remote remove origin');
    expect(await choose()).toBe(`${IN_CLUSTER} main: there is no remote named origin`);
  });

  it('is in the cluster where origin lacks this commit', async () => {
    const head = await git(`${change}; git rev-parse --short HEAD`);
    expect(await choose()).toBe(`${IN_CLUSTER} main: origin does not have this commit, ${head}`);
  });

  it('is in the cluster where origin has another history', async () => {
    const head = await git(
      `git commit --quiet --amend -m 'Begin otherwise' 2>/dev/null || commit --amend -m 'Begin otherwise'; git rev-parse --short HEAD`,
    );
    expect(await choose()).toBe(`${IN_CLUSTER} main: origin does not have this commit, ${head}`);
  });

  it('is in the cluster where origin lacks this branch', async () => {
    await git('git switch --quiet -c fix/x');
    expect(await choose()).toBe(`${IN_CLUSTER} main: the cluster cannot read origin, ${ORIGIN}, branch fix/x`);
  });

  it("is in the cluster where origin is private, and a user's secrets for it are not said", async () => {
    await git('git remote set-url origin https://ann:s3cret@github.com/you/private');
    expect(await choose()).toBe(
      `${IN_CLUSTER} main: the cluster cannot read origin, https://github.com/you/private, branch main`,
    );
  });

  it('is in the cluster where nothing in it can read any', async () => {
    await cluster.on(`'exec '*`, 'exit 1');
    expect(await choose()).toBe(`${IN_CLUSTER} main: the cluster cannot read origin, ${ORIGIN}, branch main`);
  });
});

describe.skipIf(kubectl === undefined)('the repository that Argo CD reads, once it was chosen', () => {
  it('stays in the cluster, though origin can be read now', async () => {
    await deployed(IN_CLUSTER, 'main');
    expect(await choose()).toBe(`${IN_CLUSTER} main: as before`);
    expect((await cluster.calls()).filter((call) => call.includes('exec'))).toEqual([]);
  });

  it('stays origin, though it does not have this commit yet', async () => {
    await deployed(ORIGIN, 'main');
    await git(change);
    expect(await choose()).toBe(`${ORIGIN} main: as before`);
  });

  it('stays with its branch, whichever is checked out', async () => {
    await deployed(ORIGIN, 'main');
    await git('git switch --quiet -c fix/x');
    expect(await choose()).toBe(`${ORIGIN} main: as before`);
  });

  it('stays where it cannot be read now', async () => {
    await deployed('https://github.com/you/private', 'main');
    expect(await choose()).toBe('https://github.com/you/private main: as before');
  });

  it('is not chosen anew where the cluster does not say which it is', async () => {
    await deployed(IN_CLUSTER, 'main');
    await cluster.answer(`case "$*" in ${READS} 'get application'*) error 'connection refused' ;; esac`);
    const answer = await choose();
    expect(answer).toContain('does not say which repository it follows');
    expect(answer).not.toContain(ORIGIN);
  });

  it.each(['fix/x', 'v1.2'])('is said where its branch %s is gone, with what to do', async (branch) => {
    await deployed(ORIGIN, branch);
    // One that looks alike is another.
    await git('git push --quiet ~/origin.git main:v1x2 main:fix/x2 main:old/fix/x');
    const { status, output } = await sandbox.shell(`choose_repository '' '' ''`);
    expect(output).toContain(`Argo CD follows the branch ${branch} of ${ORIGIN}, which is gone.`);
    expect(output).toContain(`git switch BRANCH && ./bootstrap.sh --repo ${ORIGIN}`);
    expect(status).toBe(1);
  });
});

describe.skipIf(kubectl === undefined)('the repository that was asked for', () => {
  const cannot = (url: string, branch = 'main') => `The cluster cannot read branch ${branch} of ${url}.`;

  it('is read, whatever was before', async () => {
    await deployed(IN_CLUSTER, 'main');
    await git('git push --quiet ~/origin.git main:fix/x; git switch --quiet -c fix/x');
    expect(await choose(ORIGIN)).toBe(`${ORIGIN} fix/x: as you said`);
  });

  it('is the one in the cluster, which need not be there yet', async () => {
    await git('git switch --quiet -c fix/x');
    expect(await choose(IN_CLUSTER)).toBe(`${IN_CLUSTER} main: as you said`);
    expect((await cluster.calls()).filter((call) => call.includes('exec'))).toEqual([]);
  });

  it.each([
    ['private', 'https://github.com/you/private', ''],
    ['without this branch', ORIGIN, 'git switch --quiet -c fix/x'],
  ])('is refused where it is %s, with what may be wrong', async (_, url, line) => {
    await git(line || 'true');
    const answer = await choose(url);
    expect(answer).toContain(cannot(url, line ? 'fix/x' : 'main'));
    expect(answer).toContain(
      'Is that branch pushed to it? Private? --key FILE gives a deploy key, --token-stdin a token.',
    );
  });

  it('is refused where the cluster does not take what lets it in', async () => {
    await cluster.refuse('hello-world-repository');
    expect(await choose('https://github.com/you/private', '', 't0ken')).toContain(
      'Argo CD did not take what lets it into https://github.com/you/private.',
    );
  });

  it('gets no Secret where it needs none', async () => {
    await choose(ORIGIN);
    expect(await cluster.taken()).toEqual([]);
  });
});

describe.skipIf(kubectl === undefined)('a private repository', () => {
  const SSH = 'git@github.com:you/private.git';
  /** ssh, which lets in who has the key, and whom it does not know it does not ask. */
  const SERVER = `
    [ "$(cat "$4")" = 'the key' ] && case "$*" in *BatchMode=yes*) ;; *) false ;; esac || { echo 'Permission denied (publickey).' >&2; exit 255; }
    git upload-pack ~/origin.git`;
  const serve = async (login: string) => {
    const branches = await git(`git ls-remote --heads ~/origin.git`);
    const server = await serveBranches(`${branches}\n`, login);
    onTestFinished(server.close);
    return server.url;
  };

  it('is read with the deploy key', async () => {
    await sandbox.give('ssh', SERVER);
    await writeFile(home('key'), 'the key');
    expect(await choose(SSH, '$HOME/key')).toBe(`${SSH} main: as you said`);
    await deployed(SSH, 'main');
    expect(await choose()).toBe(`${SSH} main: as before`);
    await deployed(SSH, 'fix/x');
    expect(await choose()).toContain(`Argo CD follows the branch fix/x of ${SSH}, which is gone.`);
  });

  it('is not read with another key', async () => {
    await sandbox.give('ssh', SERVER);
    await writeFile(home('key'), 'another');
    expect(await choose(SSH, '$HOME/key')).toContain(`The cluster cannot read branch main of ${SSH}.`);
  });

  it('is read with the token, and without it no more', async () => {
    const url = await serve('git:t0ken');
    expect(await choose(url, '', 't0ken')).toBe(`${url} main: as you said`);
    expect(await choose(url)).toBe(`${url} main: as you said`);
    await cluster.remove('argocd/secret/hello-world-repository');
    expect(await choose(url)).toContain(`The cluster cannot read branch main of ${url}.`);
  });

  it('is not read with another token', async () => {
    const url = await serve('git:t0ken');
    expect(await choose(url, '', 'ann:wr0ng')).toContain(`The cluster cannot read branch main of ${url}.`);
  });
});

describe.skipIf(kubectl === undefined)('the secret of a private repository', () => {
  let calls: () => Promise<string>;
  // A machine of its own, each program of which is watched.
  beforeAll(async () => {
    await sandbox.remove();
    await prepare();
    await sandbox.give('ssh', 'exit 255');
    calls = await watchArguments(sandbox);
  });
  afterEach(() => rm(home('arguments')));
  afterAll(async () => {
    await sandbox.remove();
    await prepare();
  });

  it.each([
    ['a token', '', 's3cret'],
    ['a user and a token', '', 'ann:s3cret'],
    ['a key', '$HOME/key', ''],
  ])('is in no output, no log, no file and no argument: %s', async (_, key, login) => {
    const server = await serveBranches('', 'nobody:');
    onTestFinished(server.close);
    const url = key ? 'git@github.com:you/private.git' : server.url;
    await writeFile(home('key'), 's3cret');
    const { status, output } = await sandbox.shell(`
      TMPDIR=~/keys; mkdir -p "$TMPDIR"
      (choose_repository '${url}' "${key}" '${login}') || true
      cat "$LOG"; ls -A "$TMPDIR"; echo "that is all"`);
    expect(output).toContain('The cluster cannot read');
    expect(output).toMatch(/^that is all\n✗/);
    expect(output).not.toContain('s3cret');
    expect(await calls()).not.toContain('s3cret');
    // What was looked at is what was done.
    expect(await calls()).toMatch(/^kubectl .*create secret generic hello-world-repository/m);
    expect(await calls()).toMatch(/^git .*ls-remote/m);
    expect(await cluster.value('argocd/secret/hello-world-repository', key ? 'sshPrivateKey' : 'password')).toContain(
      's3cret',
    );
    expect(status).toBe(0);
  });
});

describe.skipIf(kubectl === undefined)('what was deployed', () => {
  it('is known from Argo CD', async () => {
    await cluster.put('argocd/application/hello', {
      spec: { source: { repoURL: ORIGIN, targetRevision: 'fix/x' } },
      status: { operationState: { syncResult: { revision: 'abc' } } },
    });
    expect(await git('deployed_url; echo; deployed_branch; echo; synced_commit')).toBe(`${ORIGIN}\nfix/x\nabc`);
  });

  it('is nothing before the first time', async () => {
    expect(await sandbox.shell('deployed_url; deployed_branch; synced_commit')).toEqual({ status: 0, output: '' });
  });

  it.each([
    ['main', true],
    ['ain', false],
    ['fix/x', false],
  ])('of a branch is its commit: %s', async (branch, known) => {
    await git('git push --quiet ~/origin.git main:old/fix/x');
    const head = await git('git rev-parse HEAD');
    expect(await git(`remote_commit ${ORIGIN} ${branch}`)).toBe(known ? head : '');
  });
});

describe.skipIf(kubectl === undefined)('what up pushes to the cluster', () => {
  const there = () => git('git -C ~/cluster.git rev-parse --quiet --verify refs/heads/main || echo nothing');
  const head = () => git('git rev-parse HEAD');
  const push = (before = '') => sandbox.shell(`${before}\npush_to_cluster`);
  beforeEach(async () => {
    await git(`git init --quiet --bare --initial-branch=main ~/cluster.git
      configure_remote; git config remote.minikube.url ~/cluster.git`);
  });
  afterEach(() => rm(home('cluster.git'), { recursive: true }));

  it('is this commit, at first', async () => {
    expect(await push()).toEqual({ status: 0, output: '' });
    expect(await there()).toBe(await head());
  });

  it('is nothing where it is there', async () => {
    await push();
    // Whoever pushes now would fail.
    expect((await push('git config remote.minikube.pushurl /nowhere')).status).toBe(0);
  });

  it('is what was committed since', async () => {
    await push();
    await git(change);
    expect((await push()).status).toBe(0);
    expect(await there()).toBe(await head());
  });

  it('is nothing where the cluster has a newer commit, and that is said', async () => {
    await push();
    await git(`${change}; git push --quiet minikube; git reset --quiet --hard HEAD~`);
    const newer = await there();
    for (const before of ['', 'ON_PURPOSE=yes']) {
      const { status, output } = await push(before);
      expect(output).toContain(
        `the cluster has commit ${newer.slice(0, 7)}, which this branch does not have: left as it is.`,
      );
      expect(output).toContain('ON_PURPOSE=yes git push --force minikube');
      expect(status).toBe(0);
      expect(await there()).toBe(newer);
    }
  });

  it('is nothing where the cluster has another history', async () => {
    await git(
      `${change}; git push --quiet minikube; git reset --quiet --hard HEAD~; echo other >>README.md; git add -A; commit -m Other`,
    );
    const other = await there();
    expect((await push()).status).toBe(0);
    expect(await there()).toBe(other);
  });

  it('is nothing of a branch that is not deployed, but on purpose', async () => {
    await push();
    const before = await there();
    await git(`git switch --quiet -c fix/x; ${change}`);
    const { status, output } = await push();
    expect(output).toContain('this is branch fix/x, and main is deployed: left as it is.');
    expect(output).toContain('ON_PURPOSE=yes git push minikube');
    expect(status).toBe(0);
    expect(await there()).toBe(before);
    expect((await push('ON_PURPOSE=yes')).status).toBe(0);
    expect(await there()).toBe(await head());
  });

  it('is of the branch that was checked out at first', async () => {
    await git(
      'git config --remove-section hello-world; git switch --quiet -c fix/x; configure_remote; git config remote.minikube.url ~/cluster.git',
    );
    await push();
    await git(`git switch --quiet -c other; ${change}; configure_remote; git config remote.minikube.url ~/cluster.git`);
    expect((await push()).output).toContain('this is branch other, and fix/x is deployed');
    await git(`git switch --quiet fix/x; ${change}`);
    await push();
    expect(await there()).toBe(await head());
  });

  it('is of this branch where the one that was deployed is gone', async () => {
    await git(`git switch --quiet -c fix/x; git config hello-world.branch fix/x`);
    await push();
    await git(`git switch --quiet main; git merge --quiet fix/x; git branch --quiet -D fix/x; ${change}`);
    expect((await push()).output).toContain('git config hello-world.branch main && git push minikube');
    await git('git config hello-world.branch main');
    expect((await push()).output).not.toContain('left as it is');
    expect(await there()).toBe(await head());
  });

  it('is of no commit beside a branch', async () => {
    await push();
    const before = await there();
    await git(`git checkout --quiet --detach; ${change}`);
    const { status, output } = await push();
    expect(output).toMatch(/this is branch [0-9a-f]{7,}, and main is deployed: left as it is\./);
    expect(status).toBe(0);
    expect(await there()).toBe(before);
  });

  it('is said to fail where the cluster cannot be read', async () => {
    const { status } = await push('git config remote.minikube.url ~/not-there.git');
    expect(status).not.toBe(0);
  });

  it('is said to fail where the cluster does not take it', async () => {
    await writeFile(home('cluster.git/hooks/pre-receive'), '#!/bin/sh\necho no >&2; exit 1\n', { mode: 0o755 });
    const { status, output } = await push();
    expect(output).toContain('pre-receive hook declined');
    expect(status).not.toBe(0);
  });
});

describe('the remote named minikube', () => {
  const config = async () => {
    const lines = (await git('git config --list --local')).split('\n');
    return lines.filter((line) => /minikube|hello-world|protocol/.test(line)).sort();
  };

  it('pushes what is checked out to the branch that is deployed, by the cluster', async () => {
    await git('configure_remote');
    expect(await config()).toEqual([
      'hello-world.branch=main',
      'protocol.ext.allow=user',
      'remote.minikube.fetch=+refs/heads/*:refs/remotes/minikube/*',
      'remote.minikube.push=HEAD:refs/heads/main',
      'remote.minikube.url=ext::clusters/minikube/git/push %S',
    ]);
  });

  it('goes with all that it has brought, and nothing else', async () => {
    const before = await git('git config --list --local; git for-each-ref');
    await git(
      'configure_remote; git update-ref refs/remotes/minikube/main HEAD; git config remote.pushDefault minikube',
    );
    expect(await git('remove_remote; git config --list --local; git for-each-ref')).toBe(before);
  });

  it("leaves a user's own default", async () => {
    await git('git config remote.pushDefault origin; configure_remote; remove_remote');
    expect(await git('git config remote.pushDefault')).toBe('origin');
  });

  it('can be taken away where it is not', async () => {
    expect(await sandbox.shell('remove_remote')).toEqual({ status: 0, output: '' });
  });
});

describe('a history', () => {
  const exists = async () => (await sandbox.shell('[ -d .git ] && echo there || echo gone')).output.trim();

  it('that was there stays, whatever is done', async () => {
    await git('configure_remote; forget_repository');
    expect(await exists()).toBe('there');
  });

  it.each([
    ['a commit', change],
    ['a change', 'echo more >>README.md'],
    ['a branch with a commit', `git switch --quiet -c mine; ${change}; git switch --quiet -`],
  ])('that up made stays with %s', async (_, line) => {
    await git('git config hello-world.made yes');
    const { output } = await sandbox.shell(`${line}; forget_repository`);
    expect(output).toContain('the git history of this folder stays: you have worked with it');
    expect(await exists()).toBe('there');
  });

  it('that up made goes without', async () => {
    await git('git config hello-world.made yes');
    expect(await sandbox.shell('forget_repository')).toEqual({ status: 0, output: '' });
    expect(await exists()).toBe('gone');
  });

  it('is none where there is none', async () => {
    await git('rm -rf .git');
    expect(await sandbox.shell('forget_repository')).toEqual({ status: 0, output: '' });
  });

  it('is not made where one is', async () => {
    const before = await git('git rev-parse HEAD; git status --porcelain');
    expect(await git('make_repository; git rev-parse HEAD; git status --porcelain')).toBe(before);
  });

  it('is made in a folder of another repository, and marked', async () => {
    await git('rm -rf .git; git init --quiet ~');
    expect(await git('make_repository; git rev-parse --show-toplevel; git config hello-world.made')).toContain(
      `${sandbox.folder}\nyes`,
    );
    await rm(home('.git'), { recursive: true });
  });

  it('that has no commit yet gets one, and is not taken for one that up made', async () => {
    await git('rm -rf .git; git init --quiet --initial-branch=mine');
    expect(await git('make_repository')).toBe(
      '✓ this folder had no history: it is a git repository now, with one commit',
    );
    expect(
      await git('git log --format=%s; git branch --show-current; git config hello-world.made || echo theirs'),
    ).toBe('Start from a copy of hello-world\nmine\ntheirs');
    // Every environment runs the image of just this.
    expect(await git('git status --porcelain; wanted_tags')).toBe(await git('content_tag HEAD'));
  });
});

describe('a commit', () => {
  const author = () => git('git log -1 --format="%an <%ae>"');

  it('has a name where its author has none yet, for this once', async () => {
    await git(change);
    const user = await git('id -un');
    expect(await author()).toBe(`${user} <${user}@localhost>`);
    expect(await git('git config user.email || echo none')).toBe('none');
  });

  it("has its author's", async () => {
    await git(`git config user.name Ann; git config user.email ann@example.com; ${change}`);
    expect(await author()).toBe('Ann <ann@example.com>');
  });
});

describe('what is not committed', () => {
  it('is not said where there is nothing', async () => {
    expect(await sandbox.shell('say_uncommitted')).toEqual({ status: 0, output: '' });
  });

  it('is said, five files of it', async () => {
    await mkdir(join(sandbox.folder, 'docs'));
    const head = await git('git rev-parse --short HEAD');
    const { output, status } = await sandbox.shell('for n in 1 2 3 4 5 6 7; do echo >"$n.txt"; done; say_uncommitted');
    expect(output).toBe(
      `! uncommitted changes are not deployed, only commit ${head}:\n${[1, 2, 3, 4, 5].map((n) => `    ?? ${n}.txt\n`).join('')}`,
    );
    expect(status).toBe(0);
    expect(await readFile(join(sandbox.folder, '7.txt'), 'utf8')).toBe('\n');
  });
});
