import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.create();
});
afterAll(() => sandbox.remove());

/** A docker whose container hello publishes these ports, by node port, or has none. */
const giveDocker = async (ports?: Record<string, string>, running = true) => {
  // As docker prints them: minikube's own ports, too, whose numbers are drawn.
  const lines = [
    '22/tcp ',
    '32443/tcp ',
    '8443/tcp 0',
    ...Object.entries(ports ?? {}).map(([node, port]) => `${node}/tcp ${port}`),
  ];
  await writeFile(join(sandbox.folder, '../bindings'), `${lines.join('\n')}\n\n`);
  await sandbox.give(
    'docker',
    `case "$*" in
      *NCPU*) echo 4 ;;
      *MemTotal*) echo 17179869184 ;;
      version*) echo 28.2.2 ;;
      'inspect --type container hello '*PortBindings*) ${ports ? 'cat ~/bindings' : 'exit 1'} ;;
      'inspect --type container hello '*Running*) ${ports ? `echo ${running}` : 'exit 1'} ;;
      'ps --filter publish=8005 '*) echo database ;;
      inspect*) echo '[]'; exit 1 ;;
    esac`,
  );
};
beforeEach(async () => {
  await sandbox.giveAll();
  await giveDocker();
});

/** The nine pages' ports from that one on, Argo CD's, and the door's. */
const published = (pages: number, argocd: number, ...without: number[]) =>
  Object.fromEntries(
    [
      ...Array.from({ length: 9 }, (_, n) => [30_001 + n, String(pages + n)] as const),
      [30_080, String(argocd)] as const,
      [30_081, '8000'] as const,
      [30_082, '8443'] as const,
    ].filter(([node]) => !without.includes(node)),
  ) as Record<string, string>;

/** Runs it on a machine where just these ports answer, each as "ADDRESS PORT". */
const withListeners = (listeners: string[], line: string) =>
  sandbox.shell(`answers() { case "$1 $2" in ${listeners.map((each) => `'${each}')`).join(' ;; ')}${listeners.length > 0 ? ' ;;' : ''} *) return 1 ;; esac; }
    ${line}`);
const choose = (listeners: string[], ...asked: string[]) =>
  withListeners(
    listeners,
    `choose_ports ${asked.map((each) => `'${each}'`).join(' ')}; echo "$NODE_PORTS" | tr , '\\n'`,
  );
const lines = (pages: number, argocd: number, ...without: number[]) =>
  `127.0.0.1:${argocd}:30080\n${Object.entries(published(pages, argocd, ...without))
    .filter(([node]) => node !== '30080')
    .map(([node, port]) => `127.0.0.1:${port}:${node}\n`)
    .join('')}`;
/** A name that does not lead to the cluster, by the port that it lacks. */
const EXAMPLE = { 8000: 'http://dev.localhost:8000', 8443: 'https://prod.localhost:8443' };

describe('the ports of a cluster that is made', () => {
  it('are 8001 to 8009, 8080, and 8000 and 8443', async () => {
    expect(await choose([])).toEqual({ status: 0, output: lines(8001, 8080) });
  });

  it.each([
    [['9001'], lines(9001, 8080)],
    [['', '9080'], lines(8001, 9080)],
    [['9001', '9080'], lines(9001, 9080)],
  ])('are those that were asked for: %j', async (asked, expected) => {
    expect(await choose([], ...asked)).toEqual({ status: 0, output: expected });
  });

  it.each([
    [
      '8001',
      "It is a page's: end that program (npm start uses 8001), or have the pages elsewhere: ./bootstrap.sh --pages PORT",
    ],
    ['8003', '--pages PORT'],
    ['8080', "It is Argo CD's: end that program, or have Argo CD elsewhere: ./bootstrap.sh --argocd PORT"],
  ])('must be free where they are used: %s', async (port, advice) => {
    const { status, output } = await choose([`127.0.0.1 ${port}`]);
    expect(output).toContain(`✗ Port ${port} is taken by another program.\n`);
    expect(output).toContain(advice);
    expect(status).toBe(1);
  });

  it('are left out where they are spare and taken, and that is said', async () => {
    const { status, output } = await choose(['127.0.0.1 8005', '::1 8009']);
    expect(output).toBe(
      `  port 8005 8009 left out, since another program has it: no environment to come can have it\n${lines(8001, 8080, 30_005, 30_009)}`,
    );
    expect(status).toBe(0);
  });

  it.each([
    [8000, 30_081],
    [8443, 30_082],
  ] as const)('may be without the door, and that is said: %s is taken', async (port, node) => {
    const { status, output } = await choose([`127.0.0.1 ${port}`]);
    expect(output).toContain(
      `! names such as ${EXAMPLE[port]} will lead nowhere: the cluster is made without port ${port} of this machine.`,
    );
    expect(output).toContain(`  Port ${port} is taken by another program. For names, free it first`);
    expect(output).toContain(lines(8001, 8080, node));
    expect(status).toBe(0);
  });

  it.each([
    [['7999'], 30_081, 8000],
    [['8440'], 30_082, 8443],
    [['', '8000'], 30_081, 8000],
    [['', '8443'], 30_082, 8443],
  ] as const)('are what was asked for rather than the door: %j', async (asked, node, port) => {
    const { output } = await choose([], ...asked);
    expect(output).toContain(`names such as ${EXAMPLE[port]} will lead nowhere`);
    expect(output).toContain(`  Port ${port} is taken by what --pages or --argocd asks for.`);
    expect(output).not.toContain(`:${node}`);
  });

  it('are taken as well by who listens at [::1] alone', async () => {
    const { status, output } = await choose(['::1 8002']);
    expect(output).toContain(
      '✗ Port 8002 of [::1] is taken by another program, and a browser that is sent to localhost asks there first.',
    );
    expect(status).toBe(1);
  });

  it('are looked at where they will be', async () => {
    expect((await choose(['127.0.0.1 8001', '127.0.0.1 8080'], '9001', '9080')).status).toBe(0);
    expect((await choose(['127.0.0.1 9002'], '9001')).output).toContain('Port 9002 is taken');
    expect((await choose(['127.0.0.1 9080'], '', '9080')).output).toContain('Port 9080 is taken');
  });

  it('follow the overlays', async () => {
    const { output } = await sandbox.shell(`
      answers() { [ "$1 $2" = '127.0.0.1 8007' ]; }
      mkdir overlays/staging
      echo 'patches: [{path: x, nodePort: 30007}]' >overlays/staging/kustomization.yaml
      (choose_ports) || echo refused
      rm -r overlays/staging overlays/dev/kustomization.yaml
      answers() { [ "$1 $2" = '127.0.0.1 8002' ]; }
      choose_ports >/dev/null && echo accepted`);
    expect(output).toContain('Port 8007 is taken');
    expect(output).toMatch(/refused\naccepted\n/);
    await sandbox.remove();
    sandbox = await Sandbox.create();
  });
});

describe('the ports of a cluster that is there', () => {
  it('stay, whatever is asked for by default', async () => {
    await giveDocker(published(9001, 9080, 30_006));
    const { status, output } = await choose([]);
    expect(status).toBe(0);
    expect(output.split('\n').sort()).toEqual(lines(9001, 9080, 30_006).split('\n').sort());
  });

  it.each([['9001'], ['', '9080'], ['9001', '9080']])('may be asked for as they are: %j %j', async (...asked) => {
    await giveDocker(published(9001, 9080));
    expect((await choose([], ...asked)).status).toBe(0);
  });

  it('are known by any page that is published', async () => {
    await giveDocker({ 30003: '9003', 30080: '9080' });
    expect((await choose([], '9001')).status).toBe(0);
    expect((await choose([], '9003')).status).toBe(1);
  });

  it.each([
    [['8001'], "its pages' first port is 9001, not 8001", './bootstrap.sh down && ./bootstrap.sh --pages 8001'],
    [['', '8080'], "Argo CD's is 9080, not 8080", './bootstrap.sh down && ./bootstrap.sh --argocd 8080'],
  ])('cannot be moved: %j', async (asked, what, advice) => {
    await giveDocker(published(9001, 9080));
    const { status, output } = await choose([], ...asked);
    expect(output).toContain(`✗ The cluster hello was made with other ports: ${what}.`);
    expect(output).toContain('without the messages that it holds');
    expect(output).toContain(advice);
    expect(status).toBe(1);
  });

  it.each(['9001', '9007', '9080'])('must be free before it starts: %s', async (port) => {
    await giveDocker(published(9001, 9080), false);
    const { status, output } = await choose([`127.0.0.1 ${port}`]);
    expect(output).toContain(`Port ${port} is taken by another program.`);
    expect(output).toContain('The cluster has had it since it was made: end that program');
    expect(status).toBe(1);
  });

  it('are its own while it runs', async () => {
    await giveDocker(published(8001, 8080));
    expect((await choose(['127.0.0.1 8001', '127.0.0.1 8080', '127.0.0.1 8009'])).status).toBe(0);
  });

  it('may be from before there was a door, and that is said', async () => {
    await giveDocker(published(8001, 8080, 30_081, 30_082));
    const { status, output } = await choose([]);
    expect(output).toContain(
      `names such as ${EXAMPLE[8000]} do not lead to the cluster hello: it was made without port 8000 8443`,
    );
    expect(output).toContain('service/door 8000:80 8443:443\n');
    expect(status).toBe(0);
    await giveDocker(published(8001, 8080));
    expect((await choose([])).output).not.toContain('names such as');
  });

  it('are said not to have the page of an environment', async () => {
    await giveDocker({ 30001: '8001', 30003: '8003', 30004: '8004', 30080: '8080' });
    const { output } = await choose([]);
    expect(output).toContain(
      '! dev has no port on this machine: its node port 30002 is not published, see overlays/dev.',
    );
    expect(output).toContain('Published are: 30001 30003 30004.');
    expect(output).not.toContain('prod has no port');
  });
});

describe('a profile hello', () => {
  const check = async () => {
    await sandbox.give('minikube', `case $1 in profile) echo '{"valid":[{"Name":"hello"}]}' ;; esac`);
    return sandbox.shell('check_profile; echo passed');
  };

  it.each([
    ['has all ports', published(8001, 8080)],
    ['lacks spare ones', published(8001, 8080, 30_005, 30_009)],
    ['has other ports', published(9001, 9080)],
  ])('is its own that %s', async (_, ports) => {
    await giveDocker(ports);
    expect((await check()).output).toBe('passed\n');
  });

  it.each([
    ['has none', {}],
    ["lacks Argo CD's", { 30001: '8001' }],
    ["lacks the pages'", { 30080: '8080' }],
    ["has others'", { 30010: '8001', 30080: '8080' }],
  ])('is not its own that %s', async (_, ports) => {
    await giveDocker(ports);
    const { status, output } = await check();
    expect(output).toContain('not made by this bootstrap.sh');
    expect(output).not.toContain('passed');
    expect(status).toBe(1);
  });

  it('may have no container yet', async () => {
    expect((await check()).output).toBe('passed\n');
  });
});

describe('a URL', () => {
  it.each([
    ['http:30001', 'http://localhost:8001'],
    ['https:30003', 'https://localhost:8003'],
    ['http:30010', '-'],
    ['-', '-'],
    ['', '-'],
  ])('of %j of the node is %s where there is no cluster yet', async (port, url) => {
    expect((await sandbox.shell(`url_of '${port}'`)).output).toBe(`${url}\n`);
  });

  it.each([
    ['http:30001', 'http://localhost:9001'],
    ['https:30003', 'https://localhost:9003'],
    ['http:30005', '-'],
    ['http:3000', '-'],
    ['-', '-'],
  ])('of %j of the node is %s where the cluster says so', async (port, url) => {
    await giveDocker(published(9001, 9080, 30_005));
    expect((await sandbox.shell(`url_of '${port}'`)).output).toBe(`${url}\n`);
  });

  it('of an environment is its port where it has one, and otherwise its name', async () => {
    const line = `for port in http:30002 https:30003 http:- -; do page_url x "$port"; page_urls x "$port"; done`;
    const both = ['http://localhost:8002', 'http://x.localhost:8000 http://localhost:8002'];
    const secured = ['https://localhost:8003', 'https://x.localhost:8443 https://localhost:8003'];
    const named = ['http://x.localhost:8000', 'http://x.localhost:8000', '-', '-', ''];
    expect((await sandbox.shell(line)).output.split('\n')).toEqual([...both, ...secured, ...named]);
    await giveDocker(published(8001, 8080, 30_082));
    expect((await sandbox.shell(line)).output.split('\n')).toEqual([
      ...[both[0], both[0], secured[0], secured[0]],
      ...['-', '-', '-', '-', ''],
    ]);
  });

  it.each(['DOMAIN=hello.example.com', ' DOMAIN=hello.example.com\\r'])(
    'of an environment behind a gateway is its name there, too: %s',
    async (domain) => {
      const file = 'overlays/prod/kustomization.yaml';
      const { output } = await sandbox.shell(
        `cp ${file} ../kept; printf 'components:\\n  - ../../base/secured\\n  - ../../base/secured-gateway\\n' >${file}
      printf '${domain}\\n' >base/gateway/gateway.env
      page_urls prod https:30003; cp ../kept ${file}`,
      );
      expect(output).toBe('https://prod.hello.example.com https://prod.localhost:8443 https://localhost:8003\n');
    },
  );

  it("of Argo CD is the cluster's, or would be", async () => {
    expect((await sandbox.shell('argocd_url')).output).toBe('http://localhost:8080\n');
    await giveDocker(published(9001, 9080));
    expect((await sandbox.shell('argocd_url')).output).toBe('http://localhost:9080\n');
  });

  it('is what is asked whether all is served, by its name where it has no port', async () => {
    await giveDocker(published(9001, 9080, 30_002));
    const line = `
      node_ports() { printf 'hello-a http:30002\\nhello-b https:-\\n'; }
      served() { echo "$1"; }
      all_served a b`;
    expect((await sandbox.shell(line)).output).toBe(
      'http://localhost:9080\nhttp://a.localhost:8000\nhttps://b.localhost:8443\n',
    );
  });

  it('is what is asked whether all is served, but for what is not published', async () => {
    await giveDocker(published(9001, 9080, 30_002, 30_081));
    const line = `
      node_ports() { printf 'hello-a http:30001\\nhello-b http:30002\\nhello-c https:30003\\n'; }
      served() { echo "$1"; [ "$1" != "$broken" ]; }
      for broken in none https://localhost:9003; do all_served a b c && echo yes; done
      node_ports() { return 1; }
      all_served a b c || echo unknown`;
    expect((await sandbox.shell(line)).output).toBe(
      [
        ...['http://localhost:9080', 'http://localhost:9001', 'https://localhost:9003', 'yes'],
        ...['http://localhost:9080', 'http://localhost:9001', 'https://localhost:9003'],
        ...['http://localhost:9080', 'unknown', ''],
      ].join('\n'),
    );
  });
});

describe('the node port of an overlay', () => {
  it.each([
    ['patch: |\n  - {op: add, path: /spec/ports/0/nodePort, value: 30001}', '30001'],
    ['- op: add\n  path: /spec/ports/0/nodePort\n  value: 30002', '30002'],
    ['spec:\n  ports:\n    - port: 80\n      nodePort: 30003', '30003'],
    ['- {op: add, path: /spec/replicas, value: 3}\n- {op: add, path: /spec/ports/0/nodePort, value: 30004}', '30004'],
    ['resources:\n  - ../../base', ''],
  ])('is found in %j', async (text, port) => {
    await sandbox.shell('mkdir -p overlays/x');
    await writeFile(join(sandbox.folder, 'overlays/x/kustomization.yaml'), text);
    const { output } = await sandbox.shell('overlay_port x; rm -r overlays/x');
    expect(output.trim()).toBe(port);
  });

  it('is that of each environment', async () => {
    expect((await sandbox.shell('overlay_ports')).output).toBe('30001\n30002\n30003\n');
  });
});

describe('a port of this machine', () => {
  const listen = async (host: string) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  };

  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const six = own.some(({ address }) => address === '::1');
  it.each(
    [
      ['127.0.0.1', '127.0.0.1'],
      ['::1', '[::1]'],
      ['::', '127.0.0.1'],
    ].filter(([host]) => host === '127.0.0.1' || six),
  )('that somebody listens at on %s is taken at %s', async (host, at) => {
    const port = await listen(host);
    expect(await sandbox.shell(`listener ${port}`)).toEqual({ status: 0, output: `${at}\n` });
  });

  it('that nobody listens at is free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => void server.close(resolve));
    expect(await sandbox.shell(`listener ${port} || echo free`)).toEqual({ status: 0, output: 'free\n' });
  });

  it('is said to be taken by a container', async () => {
    expect((await withListeners(['127.0.0.1 8005'], 'need_free 8005 x')).output).toContain(
      "taken by docker's container database.",
    );
  });

  it.each([
    ['lsof', 'printf "COMMAND PID USER\\nnode 123 ann\\nnode 124 ann\\n"'],
    ['ss', `printf 'LISTEN 0 511 127.0.0.1:8001 0.0.0.0:* users:(("node",pid=123,fd=18))\\n'`],
  ])('is said to be taken by what %s names', async (program, body) => {
    await sandbox.give(program, body);
    expect((await withListeners(['127.0.0.1 8001'], 'need_free 8001 "Do this."')).output).toBe(
      '✗ Port 8001 is taken by node (process 123).\n  Do this.\n',
    );
    await sandbox.shell(`rm "$(command -v ${program})"`);
  });

  it('is said to be taken where nothing can tell by whom', async () => {
    for (const program of ['lsof', 'ss']) {
      await sandbox.give(program, 'exit 1');
      expect((await withListeners(['127.0.0.1 8001'], 'need_free 8001 x')).output).toContain(
        'taken by another program.',
      );
      await sandbox.shell(`rm "$(command -v ${program})"`);
    }
  });

  it('is said to be in the shadow of who listens at [::1] alone, beside a cluster that runs', async () => {
    await giveDocker(published(9001, 9080));
    const listeners = ['::1 9002', '::1 9005', '::1 9080', '::1 8000', '127.0.0.1 9001'];
    const { output } = await withListeners(listeners, 'say_shadows');
    const ports = output.split('\n').map((line) => /\[::1\]:(\d+)/.exec(line)?.[1]);
    expect(ports).toEqual(['9080', '8000', '9002', undefined]);
  });
});

describe('./bootstrap.sh', () => {
  it.each([
    [['--pages'], '--pages needs a port, from 1 to 65527.'],
    [['--pages='], '--pages needs a port, from 1 to 65527.'],
    [['--pages', 'x'], '--pages needs a port, from 1 to 65527, not x.'],
    [['--pages', '0'], 'not 0.'],
    [['--pages', '08001'], 'not 08001.'],
    [['--pages', '65528'], 'not 65528.'],
    [['--argocd', '65536'], '--argocd needs a port, from 1 to 65535, not 65536.'],
    [['--argocd', '100000'], 'not 100000.'],
    [['--argocd=-1'], 'not -1.'],
    [['status', '--pages', '9001'], '--pages has a meaning with up only, not with status.'],
    [['--argocd', '9080', 'down'], '--argocd has a meaning with up only, not with down.'],
    [['--argocd', '8009'], "Argo CD's port 8009 is one of the pages' nine, from 8001 on."],
    [['--pages', '8072'], "Argo CD's port 8080 is one of the pages' nine, from 8072 on."],
    [['--pages', '9001', '--argocd', '9001'], "Argo CD's port 9001 is one of the pages' nine, from 9001 on."],
  ])('refuses %j', async (args, message) => {
    const { status, output } = await sandbox.run('bootstrap.sh', ...args);
    expect(output).toContain(message);
    expect(output).toContain('./bootstrap.sh --help');
    expect(status).toBe(2);
  });

  it.each([
    ['--pages', '9001'],
    ['--argocd', '9080'],
  ])('hands %s on, and starts nothing where it is refused', async (option, port) => {
    await giveDocker(published(8001, 8080));
    await sandbox.give(
      'minikube',
      `case $1 in version) echo v1.38.1 ;; profile) echo '{"valid":[{"Name":"hello"}]}' ;; *) echo "CALLED $*" >&2 ;; esac`,
    );
    for (const args of [
      [option, port],
      ['up', `${option}=${port}`],
    ]) {
      const { status, output } = await sandbox.run('bootstrap.sh', ...args);
      expect(output).toContain(`./bootstrap.sh down && ./bootstrap.sh ${option} ${port}`);
      expect(output).not.toContain('CALLED');
      expect(status).toBe(1);
    }
  });

  it('says in its help what the options are', async () => {
    const { output } = await sandbox.run('bootstrap.sh', '--help');
    for (const option of ['--pages PORT', '--argocd PORT']) expect(output).toContain(option);
  });
});
