import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.create();
});
afterAll(() => sandbox.remove());
beforeEach(() => sandbox.giveAll());

const CLUSTER = 'localhost,127.0.0.1,.svc,.cluster.local,10.96.0.0/12,10.244.0.0/16,192.168.0.0/16,git.argocd.svc';
const PROXY = 'http://ann:a%20secret@proxy.example:3128';
const environment = async (env: Record<string, string>) =>
  (await sandbox.shell('proxy_environment', env)).output.trim().split('\n');

describe('the proxy for what runs in containers', () => {
  it('is none where the user has none', async () => {
    expect(await environment({})).toEqual(['']);
    expect(await environment({ NO_PROXY: 'intranet' })).toEqual(['']);
  });

  it.each([
    [{ HTTP_PROXY: 'http://a:1', HTTPS_PROXY: 'http://b:2' }],
    [{ http_proxy: 'http://a:1', https_proxy: 'http://b:2' }],
    [{ HTTP_PROXY: 'http://c:3', http_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:2' }],
  ])('is that of the user, in both cases: %j', async (env) => {
    expect(await environment(env)).toEqual([
      'HTTP_PROXY=http://a:1',
      'http_proxy=http://a:1',
      'HTTPS_PROXY=http://b:2',
      'https_proxy=http://b:2',
      `NO_PROXY=${CLUSTER}`,
      `no_proxy=${CLUSTER}`,
    ]);
  });

  it('may be for one protocol only', async () => {
    expect((await environment({ HTTPS_PROXY: 'http://b:2' })).map((line) => line.split('=')[0])).toEqual([
      'HTTPS_PROXY',
      'https_proxy',
      'NO_PROXY',
      'no_proxy',
    ]);
  });

  it.each<Record<string, string>>([{ NO_PROXY: 'intranet,10.0.0.0/8' }, { no_proxy: 'intranet,10.0.0.0/8' }])(
    'is not asked for what the user names, nor for the cluster: %j',
    async (env) => {
      expect(await environment({ HTTP_PROXY: PROXY, ...env })).toContain(`NO_PROXY=intranet,10.0.0.0/8,${CLUSTER}`);
    },
  );

  it.each([
    'http://localhost:3128',
    'localhost:3128',
    'http://127.0.0.1:3128',
    'http://ann:x@127.1.2.3:3128/',
    'http://[::1]:3128',
    'http://localhost',
  ])('is none where it is at this machine alone: %s', async (url) => {
    expect(await environment({ HTTP_PROXY: url })).toEqual(['']);
    expect(await environment({ HTTP_PROXY: url, HTTPS_PROXY: PROXY })).toContain(`HTTPS_PROXY=${PROXY}`);
  });

  it.each(['http://localhost.example:3128', 'http://proxy:3128/localhost', 'http://localhost@proxy:3128'])(
    'is one that only looks local: %s',
    async (url) => {
      expect(await environment({ HTTP_PROXY: url })).toContain(`HTTP_PROXY=${url}`);
    },
  );
});

describe('the proxy for what is called from here', () => {
  const child = `sh -c 'echo "$HTTP_PROXY $http_proxy $NO_PROXY $no_proxy"'`;

  it('is not asked for the cluster', async () => {
    expect((await sandbox.shell(child, { http_proxy: PROXY, NO_PROXY: 'intranet' })).output).toBe(
      `${PROXY} ${PROXY} intranet,${CLUSTER} intranet,${CLUSTER}\n`,
    );
  });

  it('is one at localhost, too', async () => {
    expect((await sandbox.shell(child, { HTTP_PROXY: 'http://localhost:1' })).output).toContain(
      'http://localhost:1 http://localhost:1 ',
    );
  });

  it('does not grow where one program calls another', async () => {
    const { output } = await sandbox.shell('export_proxies; export_proxies; echo "$NO_PROXY"', { HTTP_PROXY: PROXY });
    expect(output).toBe(`${CLUSTER}\n`);
  });

  it('is none where the user has none', async () => {
    expect((await sandbox.shell('echo "${HTTP_PROXY-none} ${NO_PROXY-none}"')).output).toBe('none none\n');
  });
});

describe('a build of the image', () => {
  const build = async (env: Record<string, string>) => {
    await sandbox.give(
      'docker',
      'case "$1" in build) echo "$*" >~/build; echo "$HTTP_PROXY" >~/value; cat >/dev/null ;; *) exit 1 ;; esac',
    );
    const { status, output } = await sandbox.shell(
      '[ -d .git ] || make_repository; IMAGE_PATHS="apps/consumer package.json Dockerfile"; build_image "$(content_tag HEAD)"',
      env,
    );
    expect([status, output]).toEqual([0, expect.anything()]);
    return readFile(join(sandbox.folder, '../build'), 'utf8');
  };

  it('has the proxy, whose value no list of processes has', async () => {
    expect(await build({ HTTP_PROXY: PROXY })).toMatch(
      /^build --build-arg HTTP_PROXY --build-arg http_proxy --build-arg NO_PROXY --build-arg no_proxy --label/,
    );
    expect(await readFile(join(sandbox.folder, '../value'), 'utf8')).toBe(`${PROXY}\n`);
  });

  it('has none where there is none', async () => {
    expect(await build({})).toMatch(/^build --label/);
  });
});

describe('a password in the URL of a proxy', () => {
  it.each([
    [`fetching ${PROXY}/x`, 'fetching http://***@proxy.example:3128/x'],
    ['ann:a%20secret', '***'],
    ['twice ann:a%20secret ann:a%20secret', 'twice *** ***'],
    ['https://bob:p@ss:word@example.com/a@b', 'https://bob:***@example.com/a@b'],
    ['https://a:b@x https://c:d@y', 'https://a:***@x https://c:***@y'],
    ['https://example.com:8080/@x', 'https://example.com:8080/@x'],
    ['git@github.com:you/x ssh://git@host/x', 'git@github.com:you/x ssh://git@host/x'],
    ['ann', 'ann'],
    ['', ''],
  ])('is taken out of %j', async (line, expected) => {
    await writeFile(join(sandbox.folder, '../text'), `${line}\n`);
    expect((await sandbox.shell('redacted <../text', { HTTP_PROXY: PROXY })).output).toBe(`${expected}\n`);
  });

  it('stands nowhere where a step fails: not on the screen, not in the log', async () => {
    const { output } = await sandbox.shell(
      `act() { echo "using $HTTP_PROXY, with ann:a%20secret"; return 1; }
      step Something 5 act || true
      cat "\${LOG%/*}"/*`,
      { HTTP_PROXY: PROXY },
    );
    expect(output.match(/using http:\/\/\*\*\*@proxy\.example:3128, with \*\*\*/g)).toHaveLength(3);
    expect(output).not.toContain('secret');
  });

  it('is kept from other users of this machine even so', async () => {
    const { output } = await sandbox.shell('ls -ld "${LOG%/*}" | cut -c 1-10');
    expect(output).toBe('drwx------\n');
  });

  it('is not printed by up or doctor', async () => {
    await sandbox.give('docker', 'exit 1');
    for (const command of ['up', 'doctor'])
      for (const url of [PROXY, 'http://ann:secret@localhost:1'])
        expect(
          (await sandbox.runWith({ HTTP_PROXY: url, HTTPS_PROXY: url }, 'bootstrap.sh', command)).output,
        ).not.toContain('secret');
  });
});

describe.each(['up', 'doctor'])('./bootstrap.sh %s', (command) => {
  const run = async (env: Record<string, string>) => {
    await sandbox.give('docker', 'exit 1');
    return (await sandbox.runWith(env, 'bootstrap.sh', command)).output;
  };

  it('says where a proxy goes', async () => {
    expect(await run({ HTTP_PROXY: PROXY, https_proxy: PROXY })).toContain(
      "the proxy of HTTP_PROXY HTTPS_PROXY is given to minikube, to docker's build and to Argo CD",
    );
  });

  it('says that one at localhost is not found by others', async () => {
    const output = await run({ HTTP_PROXY: 'http://localhost:3128', HTTPS_PROXY: PROXY });
    expect(output).toContain('! the proxy of HTTP_PROXY is at localhost, where neither the cluster');
    expect(output).toContain('the proxy of HTTPS_PROXY is given to');
  });

  it('says nothing without', async () => {
    expect(await run({})).not.toMatch(/proxy|authorities/);
  });

  it.each(['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO'])(
    'says that the authority of %s does not reach the cluster, and what does',
    async (name) => {
      const output = await run({ [name]: '/etc/company.pem' });
      expect(output).toContain(`! the authorities of ${name} do not reach the cluster by themselves.`);
      expect(output).toContain(`its certificate alone, as PEM, in ${join(sandbox.folder, '..')}/.minikube/certs/`);
      expect(output).toContain("to docker, which pulls and builds: in this system's trust store");
      expect(output).toContain('to Argo CD: for a repository in its ConfigMap argocd-tls-certs-cm');
    },
  );
});

describe("an authority of one's own", () => {
  it.each([
    [{}, '.minikube/certs'],
    [{ MINIKUBE_HOME: 'mine' }, 'mine/.minikube/certs'],
    [{ MINIKUBE_HOME: 'mine/.minikube' }, 'mine/.minikube/certs'],
  ])('is not asked for where minikube has it: %j', async (env: { MINIKUBE_HOME?: string }, folder) => {
    const home = join(sandbox.folder, '..');
    const company = join(home, 'company.pem');
    await writeFile(company, 'a certificate');
    const all = {
      SSL_CERT_FILE: company,
      ...(env.MINIKUBE_HOME === undefined ? {} : { MINIKUBE_HOME: join(home, env.MINIKUBE_HOME) }),
    };
    await mkdir(join(home, folder), { recursive: true });
    await writeFile(join(home, folder, 'other.pem'), 'another');
    expect((await sandbox.shell('say_own_authority', all)).output).toContain('to the node, which pulls images');
    await writeFile(join(home, folder, 'company.crt'), 'a certificate');
    const { output } = await sandbox.shell(`say_own_authority; rm "${join(home, folder)}"/*`, all);
    expect(output).not.toContain('to the node');
    expect(output).toContain('to Argo CD');
  });
});

describe('git push minikube', () => {
  it.each<[Record<string, string>, string]>([
    [{}, ',192.168.0.0/16'],
    [{ NO_PROXY: 'intranet' }, 'intranet,192.168.0.0/16'],
    [{ no_proxy: 'intranet' }, 'intranet,192.168.0.0/16'],
  ])('asks no proxy for the node: %j', async (env, expected) => {
    await sandbox.give('kubectl', 'echo "$NO_PROXY" >~/none');
    await sandbox.runWith(env, 'clusters/minikube/git/push', 'git-upload-pack');
    expect(await readFile(join(sandbox.folder, '../none'), 'utf8')).toBe(`${expected}\n`);
  });
});
