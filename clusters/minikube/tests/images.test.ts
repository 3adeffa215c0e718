import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

/** What a file with tests needs, and what is beside it. */
const FILES = {
  'apps/broadcasts/src/codec.ts': 'codec',
  'apps/broadcasts/src/codec.test.ts': 'a test',
  'apps/broadcasts/testing/contract.ts': 'tests',
  'apps/service/node': 'node',
  'apps/producer/main.ts': 'producer',
  'apps/standalone/main.ts': 'standalone',
  'apps/bench/main.ts': 'bench',
  'package-lock.json': '{}',
  '.npmrc': '',
  '.dockerignore': '',
};
/** docker, whose images are files; minikube's are files too, and ~/deaf has the ways in which it takes none. */
const DOCKER = `
  echo "$*" >>~/docker-calls
  case $1 in
    image) [ -f ~/docker/"$3" ] ;;
    build)
      for last; do :; done
      while [ "$1" != -t ]; do shift; done
      [ ! -f ~/broken ] || { cat >/dev/null; echo 'npm ci failed' >&2; exit 1; }
      mkdir -p ~/docker; tar -xC ~/context 2>~/docker/"$2" ;;
    save) [ -f ~/docker/"$2" ] || exit 1; if [ -n "\${4:-}" ]; then echo "$2" >"$4"; else echo "$2"; fi ;;
    exec)
      [ "$*" = 'exec -i hello ctr -n k8s.io images import -' ] || exit 1
      tag=$(cat)
      [ ! -f ~/deaf/name-silent ] || exit 0
      [ ! -f ~/deaf/name ] && [ -n "$tag" ] || exit 1
      echo "docker.io/library/$tag" >>~/minikube ;;
    images) cat ~/labelled ;;
    rmi) ;;
  esac`;
const MINIKUBE = `
  echo "$*" >>~/minikube-calls
  case "$1 $2" in
    'image ls') [ ! -f ~/deaf/all ] || exit 1; cat ~/minikube 2>/dev/null; exit 0 ;;
    'image load')
      [ "$3 $4" = '-p hello' ] || exit 1
      tag=$(cat "$5")
      [ ! -f ~/deaf/file-silent ] || exit 0
      [ ! -f ~/deaf/file ] || exit 1
      echo "docker.io/library/$tag" >>~/minikube ;;
  esac`;

let sandbox: Sandbox;
let base: string;
const home = (name: string) => join(sandbox.folder, '..', name);
const git = (...args: string[]) => execFileSync('git', args, { cwd: sandbox.folder }).toString().trim();
const commit = async (file: string, text: string) => {
  await mkdir(join(sandbox.folder, file, '..'), { recursive: true });
  await writeFile(join(sandbox.folder, file), text);
  git('add', '--all');
  git('-c', 'user.name=a', '-c', 'user.email=b', 'commit', '--quiet', '-m', file);
};
const calls = async (program: string) =>
  (await readFile(home(`${program}-calls`), 'utf8').catch(() => '')).split('\n').slice(0, -1);
const called = async (program: string, what: string) => (await calls(program)).filter((call) => call.startsWith(what));
const tag = async (of = 'HEAD') => (await sandbox.shell(`content_tag ${of}`)).output.trim();
const setTags = async (tags: Record<string, string>) => {
  for (const [name, value] of Object.entries(tags)) await sandbox.shell(`set_overlay_tag ${name} ${value}`);
};
const overlay = (name: string) => join(sandbox.folder, `overlays/${name}/kustomization.yaml`);

beforeAll(async () => {
  sandbox = await Sandbox.create();
  await sandbox.giveAll();
  await sandbox.give('tar');
  await sandbox.give('docker', DOCKER);
  await sandbox.give('minikube', MINIKUBE);
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(join(sandbox.folder, name, '..'), { recursive: true });
    await writeFile(join(sandbox.folder, name), text);
  }
  await sandbox.shell('make_repository');
  base = git('rev-parse', 'HEAD');
});
beforeEach(async () => {
  git('reset', '--quiet', '--hard', base);
  git('clean', '--quiet', '-fdx');
  for (const name of ['docker', 'minikube', 'docker-calls', 'minikube-calls', 'deaf', 'broken', 'context', 'tmp'])
    await rm(home(name), { recursive: true, force: true });
  for (const name of ['context', 'deaf', 'tmp']) await mkdir(home(name));
});
afterAll(() => sandbox.remove());

describe("an image's tag", () => {
  it('is twelve digits, of a commit as of what is about to be one', async () => {
    expect(await tag()).toMatch(/^[0-9a-f]{12}$/);
    expect(await tag('"$(git write-tree)"')).toBe(await tag());
  });

  it.each(
    [...Object.keys(FILES), 'apps/consumer/main.ts', 'package.json', 'Dockerfile'].filter(
      (name) => !name.includes('bench'),
    ),
  )('is another with another %s', async (name) => {
    const before = await tag();
    await commit(name, 'changed');
    expect(await tag()).not.toBe(before);
  });

  it.each(['README.md', 'overlays/dev/consumer.env', 'apps/bench/main.ts', 'base/namespace.yaml'])(
    'is the same with another %s',
    async (name) => {
      const before = await tag();
      await commit(name, 'changed');
      expect(await tag()).toBe(before);
    },
  );

  it('leads to the newest commit that has that content', async () => {
    const first = await tag();
    await commit('README.md', 'changed');
    const newest = git('rev-parse', 'HEAD');
    expect((await sandbox.shell(`commit_of ${first}`)).output.trim()).toBe(newest);
    await commit('Dockerfile', 'changed');
    const found = (await sandbox.shell(`commit_of ${first}`)).output.trim();
    expect(await tag(found)).toBe(first);
    expect((await sandbox.shell(`commit_of ${await tag()}`)).output.trim()).toBe(git('rev-parse', 'HEAD'));
    expect(await sandbox.shell('EXPLAINED=yes; commit_of 0123456789ab')).toEqual({ status: 1, output: '' });
  });
});

describe('an overlay', () => {
  it('names its tag, in quotes or without', async () => {
    for (const text of ["newTag: '0123456789ab'", 'newTag: "0123456789ab"', 'newTag: 0123456789ab']) {
      await writeFile(overlay('dev'), `images:\n  - name: hello-world\n    ${text}\n`);
      expect((await sandbox.shell('overlay_tag dev')).output).toBe('0123456789ab\n');
    }
  });

  it('is given another one, and nothing else', async () => {
    const before = await readFile(overlay('dev'), 'utf8');
    await setTags({ dev: '0123456789ab' });
    expect(await readFile(overlay('dev'), 'utf8')).toBe(before.replace(/newTag: .*/, "newTag: '0123456789ab'"));
    expect(git('status', '--porcelain')).toBe('M overlays/dev/kustomization.yaml');
  });

  it('names an image that others name too once', async () => {
    await setTags({ default: 'b', dev: 'a', prod: 'b' });
    expect((await sandbox.shell('wanted_tags')).output).toBe('a\nb\n');
  });

  it('is a folder with a kustomization.yaml, in the working tree or in a commit', async () => {
    await mkdir(join(sandbox.folder, 'overlays/notes'));
    await commit('overlays/staging/kustomization.yaml', 'x');
    await rm(join(sandbox.folder, 'overlays/dev'), { recursive: true });
    expect((await sandbox.shell('environments | xargs')).output).toBe('default prod staging\n');
    expect((await sandbox.shell('environments HEAD | xargs')).output).toBe('default dev prod staging\n');
    await rm(join(sandbox.folder, 'overlays'), { recursive: true });
    expect(await sandbox.shell('environments')).toEqual({ status: 0, output: '' });
  });

  it.each([
    ['dev', 0, ''],
    [
      'de',
      1,
      '✗ There is no environment de.\n  There are: default dev prod. A new one: npm run environment -- add NAME\n',
    ],
    ['dev prod x', 1, '✗ There is no environment dev prod x.'],
  ])('is known: %s', async (name, status, message) => {
    const result = await sandbox.shell(`need_environment '${name}'`);
    expect(result.output).toContain(message);
    expect(result.status).toBe(status);
  });

  it('with a change of its own is said, before it is committed with another', async () => {
    expect(await sandbox.shell('need_clean dev')).toEqual({ status: 0, output: '' });
    await setTags({ prod: 'a' });
    expect(await sandbox.shell('need_clean dev')).toEqual({ status: 0, output: '' });
    const { status, output } = await sandbox.shell('need_clean prod');
    expect(output).toBe('✗ overlays/prod/kustomization.yaml has uncommitted changes.\n  Commit or stash them first.\n');
    expect(status).toBe(1);
  });
});

describe('the images that the overlays name', () => {
  const build = (before = '') => sandbox.shell(`EXPLAINED=yes; ${before}\nbuild_images`);
  const content = (name: string) => readFile(home(`context/${name}`), 'utf8');

  it('are built of what the commit has, without its tests', async () => {
    await writeFile(join(sandbox.folder, 'apps/consumer/main.ts'), 'not committed');
    expect((await build()).status).toBe(0);
    expect(await calls('docker')).toEqual([
      `image inspect hello-world:${await tag()}`,
      `build --label hello-world=yes --build-arg REVISION=${await tag()} -t hello-world:${await tag()} -`,
    ]);
    expect(await content('apps/consumer/main.ts')).toBe('console.log("Hello world");\n');
    const files = (await readdir(home('context'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(home('context').length + 1));
    expect(files.sort()).toEqual(
      [
        ...Object.keys(FILES).filter((name) => !/test|bench/.test(name)),
        'Dockerfile',
        'apps/consumer/main.ts',
        'package.json',
      ].sort(),
    );
  });

  it('are built of the earlier commit that an overlay names', async () => {
    const first = await tag();
    await commit('apps/consumer/main.ts', 'second');
    await setTags({ default: await tag(), dev: await tag(), prod: await tag() });
    await build();
    expect(await content('apps/consumer/main.ts')).toBe('second');
    await setTags({ prod: first });
    await build();
    expect(await content('apps/consumer/main.ts')).toBe('console.log("Hello world");\n');
    expect(await called('docker', 'build')).toHaveLength(2);
  });

  it('are built of a commit of before a part of it was', async () => {
    git('rm', '--quiet', '-r', 'apps/standalone', '.npmrc');
    await commit('apps/consumer/main.ts', 'early');
    const early = await tag();
    await commit('.npmrc', 'later');
    await setTags({ default: early, dev: early, prod: early });
    expect(await build()).toEqual({ status: 0, output: '' });
    expect(await content('apps/consumer/main.ts')).toBe('early');
  });

  it('are built once', async () => {
    await build();
    expect((await build()).status).toBe(0);
    expect(await called('docker', 'build')).toHaveLength(1);
  });

  it('are said not to be built where docker fails, and no other is tried', async () => {
    const first = await tag();
    await commit('Dockerfile', 'changed');
    await setTags({ default: first, dev: await tag() });
    await writeFile(home('broken'), '');
    const { status, output } = await build();
    expect(output).toContain('npm ci failed');
    expect(status).not.toBe(0);
    expect(await called('docker', 'build')).toHaveLength(1);
  });

  it('are said not to be built where the commit cannot be read to its end', async () => {
    const { status } = await build(
      'git() { case $1 in archive) command git "$@" | head -c 2000; return 1 ;; *) command git "$@" ;; esac; }',
    );
    expect(status).not.toBe(0);
  });

  it('are said to be of no commit, with what may have been', async () => {
    await setTags({ dev: '0123456789ab' });
    const { status, output } = await build();
    expect(output).toBe(
      'An overlay names the image hello-world:0123456789ab, and no commit of this history has that content.\n' +
        'Was a rebase, a squash or an edit by hand in between? Put the tag of a commit there: npm run release\n',
    );
    expect(status).toBe(1);
    expect(await called('docker', 'build')).toEqual([]);
  });

  it('are said to be of no commit of a clone that has not all of them', async () => {
    const first = await tag();
    await commit('Dockerfile', 'changed');
    git('clone', '--quiet', '--depth', '1', `file://${sandbox.folder}`, home('shallow'));
    const { status, output } = await sandbox.shell(
      `cd ../shallow; EXPLAINED=yes; set_overlay_tag dev ${first}; set_overlay_tag default ${first}; build_images`,
    );
    expect(output).toBe(
      `An overlay names the image hello-world:${first}, and no commit of this history has that content.\n` +
        'This clone has only a part of the history. Run: git fetch --unshallow\n',
    );
    expect(status).toBe(1);
    expect(await called('docker', 'build')).toEqual([]);
    const whole = await sandbox.shell(`cd ../shallow; git fetch --quiet --unshallow; build_images`);
    expect(whole.status).toBe(0);
    await rm(home('shallow'), { recursive: true });
  });
});

describe('the images in the cluster', () => {
  const load = () => sandbox.shell('mkdir -p ~/tmp/x; LOG=~/tmp/x/log; EXPLAINED=yes; load_images');
  const there = async () => (await readFile(home('minikube'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
  const left = async () => (await readdir(home('tmp/x')).catch((): string[] => [])).sort();
  const deaf = async (...ways: string[]) => {
    for (const way of ways) await writeFile(home(`deaf/${way}`), '');
  };
  let wanted: string;
  beforeEach(async () => {
    await mkdir(home('docker'));
    for (const name of ['aaaaaaaaaaaa', 'bbbbbbbbbbbb']) await writeFile(home(`docker/hello-world:${name}`), '');
    await setTags({ default: 'aaaaaaaaaaaa', dev: 'aaaaaaaaaaaa', prod: 'aaaaaaaaaaaa' });
    wanted = 'hello-world:aaaaaaaaaaaa';
  });

  it('are those that the overlays name', async () => {
    await setTags({ prod: 'bbbbbbbbbbbb' });
    expect(await load()).toEqual({ status: 0, output: '' });
    expect(await there()).toEqual([`docker.io/library/${wanted}`, 'docker.io/library/hello-world:bbbbbbbbbbbb']);
    // The quick way is enough.
    expect(await called('minikube', 'image load')).toEqual([]);
  });

  it('are loaded once', async () => {
    await load();
    expect((await load()).status).toBe(0);
    expect(await called('docker', 'save')).toEqual([`save ${wanted}`]);
  });

  it.each([
    ['is longer', 'docker.io/library/hello-world:aaaaaaaaaaaab'],
    ['is of another image', 'docker.io/library/not-hello-world:aaaaaaaaaaaa'],
  ])('are not taken for one whose name %s', async (_, other) => {
    await writeFile(home('minikube'), `${other}\n`);
    expect((await load()).status).toBe(0);
    expect(await there()).toContain(`docker.io/library/${wanted}`);
  });

  it.each(['name', 'name-silent'])('come by way of a file where the store of the node takes none: %s', async (way) => {
    await deaf(way);
    expect((await load()).status).toBe(0);
    expect(await there()).toEqual([`docker.io/library/${wanted}`]);
    expect(await called('docker', 'save')).toHaveLength(2);
    expect((await called('minikube', 'image load'))[0]).toMatch(/^image load -p hello \/.*image\.tar$/);
    // A file of 200 MB.
    expect(await left()).toEqual([]);
  });

  it.each([
    ['says so', ['name', 'file']],
    ['says nothing', ['name-silent', 'file-silent']],
    ['does not say what it has', ['all']],
  ])('are said not to have come where minikube takes none, and %s', async (_, ways) => {
    await setTags({ prod: 'bbbbbbbbbbbb' });
    await deaf(...ways);
    const { status, output } = await load();
    expect(output).toContain(`${wanted} did not arrive in minikube. Disk full? docker system df`);
    expect(output).not.toContain('bbbbbbbbbbbb');
    expect(status).toBe(1);
    expect(await left()).toEqual([]);
  });

  it('are said not to have come where docker cannot give them', async () => {
    await deaf('name');
    await rm(home(`docker/${wanted}`));
    const { status, output } = await load();
    expect(output).toContain(`${wanted} did not arrive in minikube.`);
    expect(status).toBe(1);
    expect(await called('minikube', 'image load')).toEqual([]);
    expect(await left()).toEqual([]);
  });
});

describe('the images that were built here', () => {
  it('are deleted, each once', async () => {
    await writeFile(home('labelled'), 'one\ntwo\none\n');
    expect((await sandbox.shell('delete_images')).status).toBe(0);
    expect(await calls('docker')).toEqual(['images --quiet --filter label=hello-world=yes', 'rmi -f one two']);
  });

  it('are none where there are none', async () => {
    await writeFile(home('labelled'), '');
    expect((await sandbox.shell('delete_images')).status).toBe(0);
    expect(await called('docker', 'rmi')).toEqual([]);
  });
});
