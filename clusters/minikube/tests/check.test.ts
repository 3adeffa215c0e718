import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const read = (file: string) => readFile(join(root, file), 'utf8');
const dev = {
  'kustomization.yaml': await read('overlays/dev/kustomization.yaml'),
  'node-port.yaml': await read('overlays/dev/node-port.yaml'),
  'consumer.env': await read('overlays/dev/consumer.env'),
  'producer.env': await read('overlays/dev/producer.env'),
};

/** A copy of dev with a port of its own. */
const overlay = (name: string, port: number): Record<string, string> =>
  Object.fromEntries(
    Object.entries(dev).map(([file, text]) => [
      `overlays/${name}/${file}`,
      text.replaceAll('hello-dev', `hello-${name}`).replace('30002', String(port)).replace('=dev', `=${name}`),
    ]),
  );
const file = 'overlays/dev/kustomization.yaml';
/** Where the first line stands that is so. */
const lineOf = (pattern: RegExp) => dev['kustomization.yaml'].split('\n').findIndex((line) => pattern.test(line)) + 1;
const front = lineOf(/^namespace:/);
const inChart = lineOf(/^ +namespace:/);
const good: Record<string, string> = { ...overlay('dev', 30002), ...overlay('prod', 30003) };

let folder: string;
let path: string;
/** Whatever the test does, the working tree is empty, and there are only these programs. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hello check '));
  path = join(folder, 'bin');
  await mkdir(path);
  for (const name of ['bash', 'env', 'git', 'awk', 'sed', 'grep'])
    await symlink(join('/usr/bin', name), join(path, name));
  git('init', '--quiet', '--bare', 'git');
});
afterEach(() => rm(folder, { recursive: true }));

const environment = () => ({ PATH: path, TMPDIR: folder, GIT_CONFIG_GLOBAL: '/dev/null' });
const git = (...args: string[]) =>
  execFileSync('/usr/bin/git', args, { cwd: folder, env: { PATH: '/usr/bin:/bin' } })
    .toString()
    .trim();

/** A tree of these files in the repository. */
const tree = async (files: Record<string, string>): Promise<string> => {
  const work = await mkdtemp(join(folder, 'work'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(work, name)), { recursive: true });
    await writeFile(join(work, name), text);
  }
  const options = ['--git-dir', 'git', '--work-tree', work];
  git(...options, '-c', 'core.ignoreCase=false', 'add', '--all', '.');
  const id = git(...options, 'write-tree');
  await rm(work, { recursive: true });
  git('--git-dir', 'git', 'read-tree', '--empty');
  return id;
};

const run = (args: string[], input = ''): Promise<{ status: number; output: string }> =>
  new Promise((resolve) => {
    const child = execFile(
      join(root, 'clusters/minikube/git/check'),
      args,
      { cwd: join(folder, 'git'), env: environment() },
      (error, stdout, stderr) => {
        resolve({ status: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr });
      },
    );
    // It may end before it has read anything.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });

const check = async (files: Record<string, string>, before?: Record<string, string>) =>
  run([await tree(files), ...(before ? [await tree(before)] : [])]);
const withText = (text: string) => ({ ...good, [file]: text });
const edited = (from: string | RegExp, to: string) => withText(dev['kustomization.yaml'].replace(from, to));
const twice = (namespace: string) => withText(dev['kustomization.yaml'].replaceAll('hello-dev', namespace));
const fine = { status: 0, output: '' };

describe('a commit', () => {
  it('is fine as it is here', async () => {
    expect(await check(good, good)).toEqual(fine);
    execFileSync(join(root, 'clusters/minikube/git/check'), ['HEAD'], { cwd: join(root, 'apps') });
  });

  it('is needed', async () => {
    expect(await run(['nowhere'])).toEqual({ status: 2, output: 'check: there is no commit nowhere\n' });
    expect((await run([])).status).toBe(2);
    expect((await run(['--rander', 'HEAD'])).output).toBe('check: there is no option --rander\n');
  });

  it('may have none before it, or one that is not here', async () => {
    const id = await tree(good);
    expect(await run([id, '0'.repeat(40)])).toEqual(fine);
    expect(await run([id, 'f'.repeat(40)])).toEqual(fine);
  });
});

describe('the name of a folder', () => {
  it.each([
    ['Upper', 'overlays/upper'],
    ['my_dev', 'overlays/my-dev'],
    ['dev.2', 'overlays/dev-2'],
    ['-dev2', 'overlays/dev2'],
    ['größe', 'overlays/gr-e'],
    ['a b', 'overlays/a-b'],
  ])('%s can be none', async (name, better) => {
    const { status, output } = await check({ ...good, ...overlay(name, 30004) });
    expect(output).toContain(`✗ overlays/${name} can be no environment: its name needs lower-case letters`);
    expect(output).toContain(`git mv 'overlays/${name}' ${better}\n`);
    expect(output.match(/✗/g)).toHaveLength(1);
    expect(status).toBe(1);
  });

  it.each([
    ['argocd', 'Argo CD'],
    ['prometheus', 'Prometheus'],
  ])('may be anything but %s', async (name, whose) => {
    const { status, output } = await check({ ...good, ...overlay(name, 30004) });
    expect(output).toBe(
      `✗ overlays/${name} can be no environment: http://${name}.localhost is ${whose}. Rename it: git mv overlays/${name} overlays/ANOTHER\n`,
    );
    expect(status).toBe(1);
  });

  it('has its end where the name of a namespace has', async () => {
    expect(await check({ ...good, ...overlay('a'.repeat(57), 30004) })).toEqual(fine);
    const { status, output } = await check({ ...good, ...overlay('a'.repeat(58), 30004) });
    expect(output).toContain('its name has 58 characters, and may have 57');
    expect(status).toBe(1);
  });

  it('is not one that a Mac cannot tell from another', async () => {
    const { status, output } = await check({ ...good, ...overlay('Dev', 30004) });
    expect(output).toContain('are the same folder on macOS and Windows');
    expect(output).toContain('overlays/Dev');
    expect(status).toBe(1);
  });

  it('is not that of a file, or of a folder elsewhere', async () => {
    expect(await check({ ...good, 'overlays/Render.test.ts': '', 'Upper/overlays/Upper/x': '' })).toEqual(fine);
  });
});

describe('a folder', () => {
  it('needs a kustomization.yaml', async () => {
    const { status, output } = await check({ ...good, 'overlays/notes/README.md': '' });
    expect(output).toContain('✗ overlays/notes has no kustomization.yaml');
    expect(status).toBe(1);
  });

  it.each(['kustomization.yml', 'Kustomization'])('has it by one name, not %s', async (name) => {
    const { output } = await check({ ...good, [`overlays/staging/${name}`]: dev['kustomization.yaml'] });
    expect(output).toContain(`git mv overlays/staging/${name} overlays/staging/kustomization.yaml`);
  });

  it('that is gone leaves what runs', async () => {
    expect(await check(overlay('dev', 30002), good)).toEqual({
      status: 0,
      output:
        '! overlays/prod is gone: what runs in hello-prod goes on, unmanaged, and nothing is deleted. To remove it with its messages: npm run environment -- remove prod. To take it back: git revert\n',
    });
  });
});

describe('a namespace', () => {
  it('is owned by one folder', async () => {
    const copy = { 'overlays/dev3/kustomization.yaml': dev['kustomization.yaml'].replace('30002', '30004') };
    expect(await check({ ...good, ...copy })).toEqual({
      status: 1,
      output: `✗ overlays/dev3 renders into hello-dev, the namespace of overlays/dev: two folders can never own one namespace. Set namespace: hello-dev3, twice (overlays/dev3/kustomization.yaml, lines ${front} and ${inChart}), or: npm run environment -- add dev3 --from dev\n`,
    });
  });

  it.each([
    ['in front', /^namespace: hello-dev/m, 'namespace: hello-prod', `line ${front}`],
    ['for the chart', /^ {4}namespace: hello-dev/m, '    namespace: hello-prod', `line ${inChart}`],
  ])('is owned by one folder: %s', async (_, from, to, line) => {
    const { status, output } = await check(edited(from, to));
    expect(output).toBe(
      `✗ overlays/dev renders into hello-prod, the namespace of overlays/prod: two folders can never own one namespace. Set namespace: hello-dev (${file}, ${line}), or: npm run environment -- add dev --from prod\n`,
    );
    expect(status).toBe(1);
  });

  it.each(['staging', 'hello-nobody', 'hello-dev2', 'hello', 'xhello-dev'])('is not just any: %s', async (name) => {
    const { status, output } = await check(twice(name));
    expect(output).toBe(
      `✗ overlays/dev renders into ${name}, and its namespace can only be hello-dev. Set namespace: hello-dev, twice (${file}, lines ${front} and ${inChart})\n`,
    );
    expect(status).toBe(1);
  });

  it.each([
    '"hello-dev"',
    "'hello-dev'",
    'hello-dev # not hello-prod',
    '  hello-dev  ',
    '"hello-dev" # x',
    'hello-dev\r',
  ])('is read as YAML is: %j', async (value) => {
    expect(await check(twice(value))).toEqual(fine);
  });

  it.each([
    ['in front', /^namespace: .*\n/m, `✗ ${file} says no namespace. Set namespace: hello-dev`],
    ['in front, empty', /^namespace: .*/m, `✗ overlays/dev renders into no namespace`],
    [
      'for the chart',
      /^ {4}namespace: .*\n/m,
      `✗ The chart in line ${lineOf(/- name: kafka/)} of ${file} has no namespace`,
    ],
  ])('is missing %s', async (what, from, message) => {
    const { status, output } = await check(edited(from, what.endsWith('empty') ? 'namespace: # later' : ''));
    expect(output).toContain(message);
    expect(status).toBe(1);
  });

  it('is missing for one chart of two', async () => {
    const { output } = await check(edited('helmCharts:\n', 'helmCharts:\n  - name: other\n    version: 1\n'));
    expect(output).toContain(`✗ The chart in line ${lineOf(/^helmCharts:/) + 1} of ${file} has no namespace`);
  });

  it.each([
    [
      'a dash at the margin',
      dev['kustomization.yaml'].replace(
        /^helmCharts:[^]*?(?=^images)/m,
        'helmCharts:\n- name: kafka\n  namespace: NAMESPACE\n',
      ),
    ],
    [
      'braces',
      dev['kustomization.yaml'].replace(
        /^helmCharts:[^]*?(?=^images)/m,
        'helmCharts:\n  - {name: kafka, namespace: NAMESPACE}\n',
      ),
    ],
    [
      'braces over lines',
      dev['kustomization.yaml'].replace(
        /^helmCharts:[^]*?(?=^images)/m,
        'helmCharts:\n  - {name: kafka,\n     namespace: NAMESPACE}\n',
      ),
    ],
    [
      'brackets',
      dev['kustomization.yaml'].replace(
        /^helmCharts:[^]*?(?=^images)/m,
        'helmCharts: [{name: kafka, namespace: "NAMESPACE"}] # x\n',
      ),
    ],
    [
      'a dash alone',
      dev['kustomization.yaml'].replace(
        /^helmCharts:[^]*?(?=^images)/m,
        'helmCharts:\n  -\n    namespace: NAMESPACE\n    name: kafka\n',
      ),
    ],
  ])('of a chart is found in %s', async (_, text) => {
    expect(await check(withText(text.replace('NAMESPACE', 'hello-dev')))).toEqual(fine);
    expect((await check(withText(text.replace('NAMESPACE', 'hello-prod')))).output).toContain(
      'renders into hello-prod',
    );
  });

  it('is not one that only a text or the values of a chart speak of', async () => {
    const inline = '    valuesInline:\n      namespace: other\n    additionalValuesFiles:';
    expect(await check(edited('    additionalValuesFiles:', inline))).toEqual(fine);
    const braces = '    note: |\n      {\n        namespace: other\n      }\n    additionalValuesFiles:';
    expect(await check(edited('    additionalValuesFiles:', braces))).toEqual(fine);
    const text =
      'patches:\n  - patch: |\n      kind: ConfigMap\n\n      metadata:\n        namespace: other\n    target: { kind: Service }\n';
    expect(await check(edited('patches:\n', text))).toEqual(fine);
  });
});

describe('a node port', () => {
  const port = 'overlays/dev/node-port.yaml';
  const withPort = (number: string) => ({ ...good, [port]: dev['node-port.yaml'].replace('30002', number) });

  it('belongs to one environment', async () => {
    const { status, output } = await check({ ...good, ...overlay('another', 30002) });
    expect(output).toBe(
      `✗ overlays/another and overlays/dev both have node port 30002. Free is 30001 (${port}, value: 30002), or none: it has a name\n`,
    );
    expect(status).toBe(1);
  });

  it('stays with who had it', async () => {
    const { output } = await check({ ...good, ...overlay('another', 30002) }, good);
    expect(output).toContain('Free is 30001 (overlays/another/node-port.yaml, value: 30002)');
  });

  it.each([
    ['30010', 'has node port 30010, and this machine leads to 30001 to 30009 alone. Free is 30001'],
    ['30000', 'has node port 30000,'],
    ['8002', 'has node port 8002,'],
  ])('is one that leads here, not %s', async (number, message) => {
    const { status, output } = await check(withPort(number));
    expect(output).toContain(`✗ overlays/dev ${message}`);
    expect(status).toBe(1);
  });

  it('is one of a Service that has any', async () => {
    const old = dev['node-port.yaml'].replace(/.*spec\/type.*\n/, '');
    const { status, output } = await check({ ...good, [port]: old });
    expect(output).toBe(
      `✗ overlays/dev has node port 30002, and its Service is not of the type that has one. Add {op: add, path: /spec/type, value: NodePort} there, or take the patch away: it has a name (${port})\n`,
    );
    expect(status).toBe(1);
  });

  it('is not needed', async () => {
    const { [port]: _, ...rest } = good;
    rest[file] = dev['kustomization.yaml'].replace(/^patches:[^]*/m, '');
    expect(await check(rest)).toEqual(fine);
  });

  it('may be had by nobody any more', async () => {
    const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => overlay(`e${number}`, 30_000 + number));
    const { output } = await check(Object.assign({}, ...nine, overlay('one-more', 30001)));
    expect(output).toContain('both have node port 30001. None is free (');
  });

  it.each([
    '      - op: add\n        path: /spec/ports/0/nodePort\n        value: 30003\n',
    '      - value: 30003 # or another\n        path: "/spec/ports/0/nodePort"\n',
    '      spec:\n        ports:\n          - port: 80\n            nodePort: 30003\n',
    '      - [{"op": "add", "path": "/spec/ports/0/nodePort", "value": 30003}]\n',
  ])('is found in %j', async (patch) => {
    const stands = `      - {op: add, path: /a, value: 30005}\n${patch}`;
    expect((await check({ ...good, [port]: stands })).output).toContain(
      'overlays/dev and overlays/prod both have node port 30003',
    );
    // Or where it was before there were files for it.
    const { [port]: _, ...rest } = good;
    rest[file] = `${dev['kustomization.yaml']}  - patch: |\n${stands}`;
    expect((await check(rest)).output).toMatch(
      /overlays\/(prod and overlays\/dev|dev and overlays\/prod) both have node port 30003/,
    );
  });
});

describe('a kustomization.yaml in braces', () => {
  const json = { namespace: 'hello-dev', resources: ['../../base'], components: ['../../base/kafka'] };
  it.each([
    JSON.stringify(json),
    `# x\n---\n${JSON.stringify(json, null, 2)}\n`,
    '{namespace: hello-dev,\nresources: [../../base]}\n',
  ])('is asked for in lines: %s', async (text) => {
    expect(await check(withText(text))).toEqual({
      status: 1,
      output: `✗ ${file} is in braces, and what is in them is not read here. Write it as YAML in lines, each key at the start of one: namespace: hello-dev\n`,
    });
  });
});

describe('a component of base/', () => {
  const kafka = '  - ../../base/kafka\n';
  const said = (name: string, at: string) =>
    `✗ overlays/dev lists base/${name} where only Kustomize finds it: nothing would be made for it, such as Secrets. Give it a line of its own under components in ${file}: - ../../base/${name} (${at})\n`;

  it.each([
    ['  - ../../base/secured/\n', 'secured'],
    ['  - ./../../base/secured\n', 'secured'],
    ['  - "../../base//secured" # as prod\n', 'secured'],
    ['  - ../../base/./replicated\n', 'replicated'],
    ['  - ../dev/../../base/autoscaled\n', 'autoscaled'],
    ['  -\t../../base/secured\n', 'secured'],
    ['  -\n    ../../base/secured\n', 'secured'],
    ['  - &secured ../../base/secured\n', 'secured'],
  ])('is in a line that the scripts find, not in %j', async (line, name) => {
    expect(await check(edited(kafka, kafka + line))).toEqual({
      status: 1,
      output: said(name, `${file}, line ${lineOf(/base\/kafka$/) + line.split('\n').length - 1}`),
    });
  });

  it.each([
    ['components: [../../base/kafka, "../../base/secured"] # both\n', [0, 0]],
    ['"components" : [\n  ../../base/kafka,\n  ../../base/secured\n]\n', [1, 2]],
    ['components: [\n../../base/kafka,\n../../base/secured]\n', [1, 2]],
  ])('is in a line of its own, not in %j', async (list, lines) => {
    const first = lineOf(/^components:/);
    const output = ['kafka', 'secured'].map((name, i) => said(name, `${file}, line ${first + lines[i]!}`)).join('');
    expect(await check(edited(`components:\n${kafka}`, list))).toEqual({ status: 1, output });
  });

  it('is not hidden in another component', async () => {
    const part = 'overlays/dev/part/kustomization.yaml';
    const text = 'kind: Component\ncomponents:\n  - ../../../base/secured\n';
    expect(await check({ ...edited(kafka, `${kafka}  - part\n`), [part]: text })).toEqual({
      status: 1,
      output: said('secured', `${part}, line 3`),
    });
  });

  it.each([
    '  - part # not ../../base/secured/\n  # - ./../../base/secured\n',
    '  - ../common/base/secured/\n',
    '  - https://example.com/hello//base/secured?ref=v1\n',
    '  - "../../base/replicated"\r\n',
    '  - ../../base/replicated\nresources: [../../base/, ../../base/network/]\n',
    '  - ../../base/replicated\npatches:\n  - path: ./../../base/mine.yaml\n',
  ])('is not all that stands in a list: %j', async (lines) => {
    expect(await check(edited(kafka, kafka + lines))).toEqual(fine);
  });
});

describe('the gateway of an environment', () => {
  const line = '  - ../../base/kafka\n';
  const list = (...components: string[]) =>
    check(edited(line, line + components.map((component) => `  - ../../base/${component}\n`).join('')));

  it('is one for what it is', async () => {
    expect(await list('gateway')).toEqual(fine);
    expect(await list('secured', 'secured-gateway')).toEqual(fine);
    expect(await list('secured', 'secured-gateway # by TLS')).toEqual(fine);
  });

  const place = 'in its place (overlays/dev/kustomization.yaml)';
  const clear = `✗ overlays/dev is secured, and ../../base/gateway leads to it in the clear alone. List ../../base/secured-gateway ${place}\n`;
  const tls = `✗ overlays/dev is not secured, and ../../base/secured-gateway leads TLS to it, which it does not take. List ../../base/gateway ${place}\n`;

  it.each([
    [clear, ['secured', 'gateway']],
    [clear, ['gateway', 'secured # as prod']],
    [tls, ['secured-gateway']],
    [tls, ['secured-gateway # by TLS']],
  ])('is refused where it is not: %s', async (output, components) => {
    expect(await list(...components)).toEqual({ status: 1, output });
  });
});

describe('the domain of gateways', () => {
  const withDomain = (domain: string, component = 'gateway') => ({
    ...edited('  - ../../base/kafka\n', `  - ../../base/kafka\n  - ../../base/${component}\n`),
    'base/gateway/gateway.env': `# The domain\nDOMAIN=${domain}\nGATEWAY=gateway\n`,
  });

  it.each([
    'hello.example.com',
    'lan',
    'a-1.b2.example',
    `${'a'.repeat(63)}.example`,
    'xn--bcher-kva.example',
    '1.example',
  ])('may be %s', async (domain) => {
    expect(await check(withDomain(domain))).toEqual(fine);
  });

  it.each([
    '',
    'Example.com',
    '"example.com"',
    'example.com ',
    'example.com # ours',
    '*.example.com',
    'example..com',
    'example.com.',
    '-a.example',
    'a_b.example',
    'https://example.com',
    'example.com:8000',
    '10.0.0.1',
    `${'a.'.repeat(98)}example`,
    `${'a'.repeat(64)}.example`,
  ])('is refused as %j, once for all that have it', async (domain) => {
    const output = `✗ base/gateway/gateway.env, line 2, names no domain, and environments are to have names under it: DOMAIN=${domain}. Put one there as it is in DNS, in lower-case letters and without quotes, such as DOMAIN=hello.example.com\n`;
    const files = withDomain(domain);
    const another = files['overlays/dev/kustomization.yaml'].replaceAll('hello-dev', 'hello-prod');
    expect(await check({ ...files, 'overlays/prod/kustomization.yaml': another })).toEqual({ status: 1, output });
  });

  it('is found after a space, as Kustomize finds it', async () => {
    const files = withDomain('Example.com');
    files['base/gateway/gateway.env'] = ' DOMAIN=Example.com\n';
    expect((await check(files)).output).toContain('line 1, names no domain');
  });

  it.each([
    ['GATEWAY=my.gateway', 'GATEWAY_NAMESPACE=istio-system'],
    ['  GATEWAY=gateway', `GATEWAY_NAMESPACE=${'a'.repeat(63)}`],
    [`GATEWAY=${'a.'.repeat(126)}a`, 'GATEWAY_NAMESPACE=1'],
  ])('has a Gateway: %s, %s', async (...lines) => {
    const files = { ...withDomain('example.com'), 'base/gateway/gateway.env': `${lines.join('\n')}\n` };
    expect(await check(files)).toEqual(fine);
  });

  const gateway = 'Gateway, and it is to lead to environments';
  const namespace = 'namespace, and the Gateway is to be in it';
  it.each([
    ...['', 'Gateway', '"gateway"', 'gateway # ours', 'a_b', 'gateway/main', 'a.'.repeat(127) + 'a'].map((name) => [
      gateway,
      `GATEWAY=${name}`,
    ]),
    ...['', 'a.b', 'Gateway', '-a', 'a'.repeat(64)].map((name) => [namespace, `GATEWAY_NAMESPACE=${name}`]),
  ])('has no %s: %s', async (what, line) => {
    const files = { ...withDomain('example.com'), 'base/gateway/gateway.env': `DOMAIN=example.com\n${line}\n` };
    const example = line.replace(/=.*/, '=gateway');
    expect(await check(files)).toEqual({
      status: 1,
      output: `✗ base/gateway/gateway.env, line 2, names no ${what}: ${line}. Put one there as it is in DNS, in lower-case letters and without quotes, such as ${example}\n`,
    });
  });

  it('is of nobody’s interest where no environment has a gateway', async () => {
    expect(await check(withDomain('Example.com', 'autoscaled'))).toEqual(fine);
  });
});

describe('the Kafka of an environment', () => {
  const component = '  - ../../base/kafka\n';
  const none =
    '✗ overlays/dev has no Kafka. Beside the chart of its own list ../../base/kafka under components, or name the KAFKA_BROKERS of another one in an .env file, see docs/external-kafka.md (overlays/dev/kustomization.yaml)\n';

  it.each(['', `  # - ../../base/kafka\n`, '  - ../../base/kafka-other\n', '  - ../../base/kafka/secured\n'])(
    'is missed where it stands as %j, as in a folder from before it was a component',
    async (line) => {
      expect(await check(edited(component, line))).toEqual({ status: 1, output: none });
    },
  );

  it.each(["  - '../../base/kafka'\n", '  - ../../base/kafka # its own\n', '- ../../base/kafka\n'])(
    'is found in %j',
    async (line) => {
      expect(await check(edited(component, line))).toEqual(fine);
    },
  );

  it('may be another one', async () => {
    const elsewhere = {
      ...edited(`components:\n${component}`, ''),
      'overlays/dev/kafka.env': 'KAFKA_BROKERS=a:9092\n',
    };
    expect(await check(elsewhere)).toEqual(fine);
    elsewhere['overlays/dev/kafka.env'] = '# KAFKA_BROKERS=a:9092\n';
    expect(await check(elsewhere)).toEqual({ status: 1, output: none });
  });

  it('is one of two that are given', async () => {
    const both = { ...good, 'overlays/dev/kafka.env': '# elsewhere\nKAFKA_BROKERS=a:9092\n' };
    expect(await check(both)).toEqual({
      status: 1,
      output: `✗ overlays/dev has two Kafkas, and only its own would be used: ../../base/kafka sets KAFKA_BROKERS over overlays/dev/kafka.env, line 2. Take the one or the other away (${file})\n`,
    });
    both['overlays/dev/kafka.env'] = 'KAFKA_BROKERS=kafka:9092\n';
    expect(await check(both)).toEqual(fine);
  });

  it.each([
    '    literals:\n      - KAFKA_BROKERS=a:9092 # over there\n',
    '    literals: ["KAFKA_BROKERS=a:9092,b:9092", A=b]\n',
    "    literals: [A=b, 'KAFKA_BROKERS=a:9092']\n",
  ])('is one of two where one is given as %j', async (literals) => {
    const { status, output } = await check(edited('    behavior: merge\n', `$&${literals}`));
    expect(output).toContain(`✗ overlays/dev has two Kafkas, and only its own would be used: ../../base/kafka sets`);
    expect(status).toBe(1);
  });

  it('is one of two where there is an account at another one', async () => {
    expect(await check(edited(component, `${component}  - ../../base/external-kafka\n`))).toEqual({
      status: 1,
      output: `✗ overlays/dev has two Kafkas: its own, and ../../base/external-kafka with the account at another one. Take the one or the other away (${file}, line ${lineOf(/base\/kafka$/)})\n`,
    });
  });

  it.each(['', '"a:9092"', 'a', 'a:9092,', 'https://a:9092', 'a:9092 # x'])(
    'is nowhere when its brokers are %j',
    async (brokers) => {
      const elsewhere = {
        ...edited(`components:\n${component}`, ''),
        'overlays/dev/kafka.env': `# elsewhere\nKAFKA_BROKERS=${brokers}\n`,
      };
      expect(await check(elsewhere)).toEqual({
        status: 1,
        output: `✗ overlays/dev/kafka.env, line 2, says not where a Kafka is: KAFKA_BROKERS=${brokers}. Write host:port without quotes, or several with commas between\n`,
      });
    },
  );

  it('is not its own where it has none', async () => {
    const withBrokers = (brokers: string) =>
      check({ ...edited(`components:\n${component}`, ''), 'overlays/dev/kafka.env': `KAFKA_BROKERS=${brokers}\n` });
    for (const brokers of ['kafka:9092', 'kafka.hello-dev:9092', 'kafka.hello-dev.svc.cluster.local:9092'])
      expect(await withBrokers(brokers)).toEqual({
        status: 1,
        output: `✗ overlays/dev/kafka.env, line 1, names a Kafka of the environment's own, and it has none. List ../../base/kafka and the chart, or name another one, see docs/external-kafka.md (${file})\n`,
      });
    for (const brokers of [
      'kafka.hello-prod.svc:9092',
      'kafka.lan:9092,b:9093',
      ' a:1, b:2 ',
      'a:1\nKAFKA_BROKERS_OF=x',
    ])
      expect(await withBrokers(brokers)).toEqual(fine);
  });

  describe('of its own', () => {
    const text = dev['kustomization.yaml'];
    const charts = /^helmCharts:\n[^]*?(?=^images:)/m.exec(text)![0];
    const noChart = text.replace(charts, '');
    const beneath = { 'overlays/dev/chart/kustomization.yaml': charts };
    const refused = {
      status: 1,
      output: `✗ overlays/dev lists ../../base/kafka, and no chart that would run it. List that under helmCharts as another environment does, or name another Kafka, see docs/external-kafka.md (${file}, line ${lineOf(/base\/kafka$/)})\n`,
    };

    it('needs its chart', async () => {
      expect(await check(withText(noChart))).toEqual(refused);
      expect(await check(withText(`${noChart}helmCharts: [] # name: kafka\n`))).toEqual(refused);
      expect(await check(withText(`${noChart}helmCharts:\n  # - name: kafka\n`))).toEqual(refused);
      expect(await check({ ...withText(noChart), ...beneath })).toEqual(refused);
    });

    it('may have it where Kustomize finds it', async () => {
      const listing = (chart: string) => noChart.replace('  - ../../base\n', `$&  - ${chart}\n`);
      expect(await check({ ...withText(listing('chart/')), ...beneath })).toEqual(fine);
      expect(await check({ ...withText(listing('"./chart"')), ...beneath })).toEqual(fine);
      const shared = { 'base/charts/kustomization.yaml': charts };
      expect(await check({ ...withText(listing('../../base/charts')), ...shared })).toEqual(fine);
    });

    it('may be of no chart', async () => {
      const own = 'kind: StatefulSet\nmetadata:\n  name: kafka\n';
      expect(await check({ ...withText(noChart), 'overlays/dev/own.yaml': own })).toEqual(fine);
    });
  });
});

describe('a secured Kafka', () => {
  const prod = read('overlays/prod/kustomization.yaml');
  const kustomization = 'overlays/prod/kustomization.yaml';
  const readers = 'overlays/prod/readers.env';
  const withChange = async (change: (text: string) => string, more: Record<string, string> = {}) =>
    check({ ...good, [kustomization]: change(await prod), ...more });
  const reading = (text: string) =>
    text
      .replace('  - ../../base/kafka/secured\n', '$&  - ../../base/kafka/readers\n')
      .replace('configMapGenerator:\n', '$&  - name: kafka-readers\n    envs:\n      - readers.env\n');
  const said = (text: string) => ({ status: 1, output: `✗ ${text}\n` });

  it('is told of its topics and its users', async () => {
    expect(await withChange((text) => text)).toEqual(fine);
    const at = `(${kustomization}, line ${(await prod).split('\n').indexOf('  - ../../base/kafka/secured') + 1})`;
    expect(await withChange((text) => text.replace(/^replacements:\n.*\n/m, ''))).toEqual(
      said(
        `overlays/prod has a secured Kafka, and nothing says which topics its users may have. List ../../base/kafka/secured/topics.yaml under replacements ${at}`,
      ),
    );
    expect(await withChange((text) => text.replace(/- (.*secured\/values)/, '# $1'))).toEqual(
      said(
        `overlays/prod has a secured Kafka, and its chart knows nothing of it. List ../../base/kafka/secured/values.yaml under additionalValuesFiles ${at}`,
      ),
    );
  });

  it.each(['audit=hello-world', '  # who\n\n  audit=a,b_c.D-1, e', 'Audit.1=*', 'audit=', 'audit=a\r'])(
    'may have readers: %j',
    async (line) => {
      expect(await withChange(reading, { [readers]: `${line}\n` })).toEqual(fine);
    },
  );

  const own = (name: string) => `names ${name}, which is a service's own account. Take another name`;
  const no = (line: string) => `is no account with its topics: ${line}. Write it so: account=topic,topic`;
  const noTopic = (line: string) =>
    `names what can be no topic: ${line}. Write it without quotes and with no comment behind it: audit=topic,topic`;

  it.each([
    ['producer=hello-world', own('producer')],
    [' consumer=a', own('consumer')],
    ['consumer', own('consumer')],
    ['audit', no('audit')],
    ['audit =a', no('audit =a')],
    ['"audit"=a', no('"audit"=a')],
    ['.audit=a', no('.audit=a')],
    ['=a', no('=a')],
    ...['"a"', "'a'", 'a # x', 'a,"b"', 'a;b', 'a*', '..', 'a\tb', 'x'.repeat(250)].map((topics) => [
      `audit=${topics}`,
      noTopic(`audit=${topics}`),
    ]),
  ])('has no reader as in %j', async (line, why) => {
    expect(await withChange(reading, { [readers]: `a=b\n${line}\n` })).toEqual(said(`${readers}, line 2, ${why}`));
  });

  it('asks nobody who reads where nobody is to', async () => {
    expect(await withChange((text) => text, { [readers]: 'producer=a\n' })).toEqual(fine);
  });

  it('has its readers written down, and mounted', async () => {
    expect((await withChange(reading)).output).toContain(
      'lists ../../base/kafka/readers, and has no readers.env. Write it',
    );
    const unmounted = await withChange((text) => reading(text).replace('name: kafka-readers', 'name: readers'), {
      [readers]: 'audit=a\n',
    });
    expect(unmounted.output).toContain('makes no ConfigMap kafka-readers');
  });

  it.each([
    ['none', (text: string) => text.replace('  - ../../base/kafka/secured\n', '')],
    ['one too late', (text: string) => text.replace(/(.*base\/kafka\/secured\n)(.*base\/kafka\/readers\n)/, '$2$1')],
  ])('is what readers need: %s is refused', async (_, change) => {
    const { status, output } = await withChange((text) => change(reading(text)), { [readers]: 'audit=a\n' });
    expect(output).toMatch(
      /^✗ overlays\/prod has readers of a Kafka that is not secured. List ..\/..\/base\/kafka\/secured before .*\n$/,
    );
    expect(status).toBe(1);
  });
});

describe('what is no YAML', () => {
  it.each([file, 'overlays/dev/sub/folder.yaml', 'base/kafka/values.yaml'])('is said of %s', async (name) => {
    const { status, output } = await check({ ...good, [name]: `${dev['kustomization.yaml']}\ta: 1\n\tb: 2\n` });
    expect(output).toBe(
      `✗ ${name}, line ${dev['kustomization.yaml'].split('\n').length}, begins with a tab, and YAML is indented by spaces. Put spaces there\n`,
    );
    expect(status).toBe(1);
  });

  it('is what a merge left', async () => {
    const { status, output } = await check(edited('images:', '<<<<<<< HEAD\nimages:\n=======\n>>>>>>> theirs'));
    expect(output).toContain(`✗ ${file}, line ${lineOf(/^images:/)}, is in the middle of a merge`);
    expect(status).toBe(1);
  });

  it('is not a tab in a comment, in an empty line, or where it may be', async () => {
    expect(await check(withText(`\t\n\t# x\n${dev['kustomization.yaml']}`))).toEqual(fine);
    expect(await check({ ...good, 'overlays/dev/run.sh': '\ttrue\n' })).toEqual(fine);
  });
});

describe('a tag', () => {
  it.each(["''", '""', '', ' # later', '~'])('is not empty: %j', async (value) => {
    const { status, output } = await check(edited(/newTag: .*/, `newTag: ${value}`));
    expect(output).toContain(`✗ ${file}, line ${lineOf(/newTag/)}, names no tag`);
    expect(status).toBe(1);
  });

  it.each(['as it was', 'hello-world:1', '-1'])('is one that an image can have, not %j', async (value) => {
    const { status, output } = await check(edited(/newTag: .*/, `newTag: '${value}'`));
    expect(output).toContain(`✗ ${file}, line ${lineOf(/newTag/)}, names no tag: none can be '${value}'. `);
    expect(status).toBe(1);
  });

  it('is not empty in braces either', async () => {
    const images = (tag: string) =>
      edited(/^ {2}- name: hello-world\n.*\n/m, `  - {name: hello-world, newTag: ${tag}}\n`);
    expect((await check(images("''"))).output).toContain('names no tag');
    expect(await check(images("'0123'"))).toEqual(fine);
  });
});

describe('ENVIRONMENT', () => {
  it.each(['consumer.env', 'producer.env'])('that is another in %s is said, and hinders nothing', async (name) => {
    const { status, output } = await check({ ...good, [`overlays/prod/${name}`]: 'A=1\nENVIRONMENT=dev\n' });
    expect(output).toBe(`! overlays/prod/${name}, line 2, calls it dev. Set ENVIRONMENT=prod\n`);
    expect(status).toBe(0);
  });
});

describe('what is rendered', () => {
  const manifest = (kind: string, name: string, namespace?: string) =>
    `apiVersion: v1\ndata:\n  namespace: other\nkind: ${kind}\nmetadata:\n  name: ${name}\n${namespace ? `  namespace: ${namespace}\n` : ''}`;

  it('lands in one namespace', async () => {
    const own = [manifest('Namespace', 'hello-dev'), manifest('Secret', 'a', '"hello-dev"'), manifest('Secret', 'b')];
    expect(await run(['--rendered', 'dev'], own.join('---\n'))).toEqual(fine);
  });

  it.each([
    ['Namespace/hello-prod', manifest('Namespace', 'hello-prod')],
    ['Secret/b', manifest('Secret', 'b', 'hello-prod')],
  ])('does not: %s', async (what, text) => {
    const { status, output } = await run(['--rendered', 'dev'], `${manifest('Secret', 'a', 'hello-dev')}---\n${text}`);
    expect(output).toContain(`✗ overlays/dev renders ${what} into hello-prod`);
    expect(status).toBe(1);
  });

  const sized = (kind: string, name: string, replicas: string) =>
    `${manifest(kind, name, 'hello-dev')}spec:\n${replicas}  template: {}\n---\n`;
  const autoscaler = `${manifest('HorizontalPodAutoscaler', 'any', 'hello-dev')}spec:
  minReplicas: 2
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: consumer
`;

  it('may have an autoscaler, and numbers that it does not change', async () => {
    const others =
      sized('Deployment', 'producer', '  replicas: 1\n') + sized('StatefulSet', 'consumer', '  replicas: 3\n');
    const text = sized('Deployment', 'consumer', '') + others + autoscaler;
    expect(await run(['--rendered', 'dev'], text)).toEqual(fine);
  });

  it('has no number that can be none', async () => {
    expect(await run(['--rendered', 'dev'], sized('Deployment', 'consumer', '  replicas: 0\n'))).toEqual(fine);
    const { status, output } = await run(['--rendered', 'dev'], sized('Deployment', 'consumer', '  replicas: -1\n'));
    expect(output).toBe(
      '✗ overlays/dev has replicas: -1 of Deployment/consumer, and there can be no fewer than 0. Set another number in overlays/dev/kustomization.yaml\n',
    );
    expect(status).toBe(1);
  });

  it.each(['after', 'before'])('has no number that an autoscaler %s it changes', async (where) => {
    const number = sized('Deployment', 'consumer', '  replicas: 2\n');
    const text = where === 'after' ? number + autoscaler : `${autoscaler}---\n${number}`;
    const { status, output } = await run(['--rendered', 'dev'], text);
    expect(output).toBe(
      '✗ overlays/dev has an autoscaler for Deployment/consumer, and replicas: 2, which Argo CD would put back each time. Take replicas out of overlays/dev/kustomization.yaml, or the autoscaler\n',
    );
    expect(status).toBe(1);
  });
});

describe('Kustomize, where there is one', () => {
  /** One that writes down what it was given, and misses in an overlay what FAKE.md there says. */
  beforeEach(async () => {
    for (const name of ['mktemp', 'mkdir', 'rm', 'tr', 'cut', 'cat', 'mv'])
      await symlink(join('/usr/bin', name), join(path, name));
    await writeFile(
      join(path, 'kustomize'),
      `#!/bin/bash
fail() { echo "Error: $1" >&2; exit 1; }
[ "$1" != edit ] || { cat "$4" >>'${folder}/stands in'; echo "- $4" >>kustomization.yaml; exit; }
cat "$4/kustomization.yaml" >>'${folder}/asked'
! grep -q '  repo: : ' "$4/kustomization.yaml" || fail 'invalid Kustomization'
! grep -rq '^helmCharts:$' "$4" || fail 'kafka: must specify --enable-helm'
! grep -q '^replacements:$' "$4/kustomization.yaml" || fail 'nothing selected by StatefulSet'
[ ! -f "$4/FAKE.md" ] || grep -q '^- stand-in' "$4/kustomization.yaml" || fail "$4/FAKE.md: $(cat "$4/FAKE.md")"
cat "$4/manifests"
`,
    );
    await chmod(join(path, 'kustomize'), 0o755);
  });
  const asked = () => readFile(join(folder, 'asked'), 'utf8').catch(() => '');
  const manifests = (namespace: string) => `kind: Secret\nmetadata:\n  name: a\n  namespace: ${namespace}\n`;
  const rendered = {
    ...good,
    'overlays/dev/manifests': manifests('hello-dev'),
    'overlays/prod/manifests': manifests('hello-prod'),
    'base/a.yaml': '',
  };
  const render = async (files: Record<string, string>, before = rendered) =>
    run(['--render', await tree(files), await tree(before)]);

  it('is asked about what has changed, as it is and without the charts', async () => {
    expect(await render({ ...rendered, 'overlays/dev/a': '' })).toEqual(fine);
    const text = dev['kustomization.yaml'];
    const blank = text.replace(/^helmCharts:[^]*?(?=^images)/m, (charts) => charts.replaceAll(/.+/g, ''));
    expect(await asked()).toBe(text + blank.replace(/^(?=\n)/m, 'helmCharts: []'));
    await render({ ...rendered, 'base/a.yaml': 'a: 1\n' });
    expect((await asked()).match(/^kind: Kustomization$/gm)).toHaveLength(6);
  });

  it('is not kept from what is wrong with a chart’s YAML', async () => {
    const broken = { ...rendered, ...edited('    version:', '   repo: : [x\n    version:') };
    const { status, output } = await render(broken);
    expect(output).toMatch(/^✗ overlays\/dev does not render: Error: invalid Kustomization *\n$/);
    expect(status).toBe(1);
  });

  it('may be asked about a chart in a folder beneath', async () => {
    const { status } = await render({
      ...rendered,
      'overlays/dev/chart/kustomization.yaml': 'helmCharts:\n  - a: b\n',
    });
    expect(status).toBe(0);
  });

  it('is not asked without --render, and not about what is wrong already', async () => {
    await check({ ...rendered, 'overlays/dev/a': '' }, rendered);
    await render({ ...rendered, ...overlay('staging', 30002) });
    expect(await asked()).toBe('');
  });

  it('says what it cannot render', async () => {
    const { status, output } = await render({ ...rendered, 'overlays/dev/FAKE.md': 'no such file' });
    expect(output).toMatch(/^✗ overlays\/dev does not render: Error: overlays\/dev\/FAKE.md: no such file *\n$/);
    expect(status).toBe(1);
  });

  it('leaves to Argo CD what is in the chart only', async () => {
    expect(await render({ ...rendered, 'overlays/dev/FAKE.md': 'unable to find field' })).toEqual(fine);
  });

  it.each([
    ['StatefulSet.v1.apps/kafka-controller.[noNs]', 'apps/v1', 'StatefulSet', 'kafka-controller\n'],
    ['Service.v1.[noGrp]/kafka.x.hello-dev', 'v1', 'Service', 'kafka.x\n  namespace: hello-dev\n'],
    [
      'Certificate.v1beta1.cert-manager.io/a.[noNs]; failed to find unique target',
      'cert-manager.io/v1beta1',
      'Certificate',
      'a\n',
    ],
  ])('is asked about all but a patch for the chart: %s', async (id, version, kind, object) => {
    const files = { ...rendered, 'overlays/dev/FAKE.md': `no matches for Id ${id}; failed to find` };
    expect(await render(files)).toEqual(fine);
    expect(await readFile(join(folder, 'stands in'), 'utf8')).toBe(
      `apiVersion: ${version}\nkind: ${kind}\nmetadata:\n  name: ${object}`,
    );
    const elsewhere = await render({ ...files, 'overlays/dev/manifests': manifests('hello-prod') });
    expect(elsewhere.output).toContain('✗ overlays/dev renders Secret/a into hello-prod');
  });

  it('is asked about all but the replacements that need the chart', async () => {
    const needs = { ...rendered, ...edited(/$/, 'replacements:\n  - source: {kind: StatefulSet}\n') };
    expect(await render(needs)).toEqual(fine);
    const { output } = await render({ ...needs, 'overlays/dev/manifests': manifests('hello-prod') });
    expect(output).toContain('✗ overlays/dev renders Secret/a into hello-prod');
  });

  it('says where it renders into', async () => {
    const { status, output } = await render({ ...rendered, 'overlays/dev/manifests': manifests('hello-prod') });
    expect(output).toContain('✗ overlays/dev renders Secret/a into hello-prod');
    expect(status).toBe(1);
  });
});
