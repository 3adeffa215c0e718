import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const script = join(import.meta.dirname, '../../../base/kafka/secured/kafka-access.sh');

/**
 * Kafka's own program: ~/rights has a line for each right, the user last, and `kafka-acls.sh --add` and `--remove`
 * change them. What ~/refused matches of the arguments is not done.
 */
const ACLS = `
  cd "$HOME"
  case " $* " in *' --list '*)
    sort rights | while read -r type name pattern operation host user; do
      echo "Current ACLs for resource \\\`ResourcePattern(resourceType=$type, name=$name, patternType=$pattern)\\\`:"
      echo " (principal=User:$user, host=$host, operation=\${operation^^}, permissionType=ALLOW)"
    done | sed 's/DESCRIBECONFIGS/DESCRIBE_CONFIGS/'
    exit ;;
  esac
  [ ! -f refused ] || ! echo "$*" | grep -f refused >/dev/null || { echo 'TimeoutException' >&2; exit 1; }
  operations='' change=''
  while [ $# -gt 0 ]; do
    case $1 in
      --add | --remove) change=$1 ;;
      --topic) name=$2 ;;
      --allow-principal) user=\${2#User:} ;;
      --allow-host) host=$2 ;;
      --operation) operations="$operations $2" ;;
    esac
    shift
  done
  for operation in $operations; do
    line="TOPIC $name LITERAL $operation $host $user"
    if [ "$change" = --add ]; then echo "$line" >>rights; else grep -vxF "$line" rights >rest; mv rest rights; fi
  done`;

/** ~/accounts has a line for each account: its name and its mechanism. What ~/kept names stays. */
const CONFIGS = `
  cd "$HOME"
  case " $* " in *' --describe '*)
    echo "Quota configs for user-principal 'quota' are consumer_byte_rate=1.0"
    while read -r name mechanism; do
      echo "SCRAM credential configs for user-principal '$name' are $mechanism=iterations=4096"
    done <accounts
    exit ;;
  esac
  cat >/dev/null
  user='' mechanism=''
  while [ $# -gt 0 ]; do
    case $1 in --entity-name) user=$2 ;; --delete-config) mechanism=$2 ;; esac
    shift
  done
  [ -n "$mechanism" ] || exit 0
  [ ! -f kept ] || ! grep -xF "$user" kept >/dev/null || { echo 'TimeoutException' >&2; exit 1; }
  grep -xF "$user $mechanism" accounts >/dev/null || { echo 'a user credential that does not exist' >&2; exit 1; }
  grep -vxF "$user $mechanism" accounts >rest || true
  mv rest accounts`;

describe('kafka-access', () => {
  let home: string;
  let listener: Server;
  let program: string;
  const file = (name: string, text: string) => writeFile(join(home, name), text);
  const give = (name: string, body: string) =>
    writeFile(join(home, 'bin', name), `#!/usr/bin/env bash\n${body}\n`, { mode: 0o755 });

  const run = () =>
    new Promise<{ status: number; output: string }>((resolve) => {
      const settings = { TOPIC_PARTITIONS: '1', TOPIC_RETENTION_HOURS: '1', TOPIC_RETENTION_MIB: '-1' };
      const topics = { TOPIC: 'hello-world', TOPICS: 'hello-world' };
      const env = { PATH: process.env['PATH']!, HOME: home, NAMESPACE: 'hello-prod', ...settings, ...topics };
      execFile('bash', [program], { env, timeout: 20_000 }, (error, stdout, stderr) => {
        resolve({ status: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr });
      });
    });
  const readers = async (lines: Record<string, string>) => {
    for (const [name, topics] of Object.entries(lines)) {
      await file(`hello/readers/${name}`, topics);
      await file(`hello/reader-passwords/${name}`, 'secret');
    }
  };
  const rightsOf = async (user: string) => {
    const lines = (await readFile(join(home, 'rights'), 'utf8')).split('\n');
    return lines.filter((line) => line.endsWith(` ${user}`)).sort();
  };
  const haveAccounts = (...names: string[]) =>
    file('accounts', names.map((name) => `${name} SCRAM-SHA-512\n`).join(''));
  const accounts = async () => {
    const lines = (await readFile(join(home, 'accounts'), 'utf8')).trimEnd().split('\n');
    return lines.map((line) => line.split(' ')[0]);
  };
  const READS = (user: string, topic = 'hello-world', host = '*') =>
    ['Describe', 'Read'].map((operation) => `TOPIC ${topic} LITERAL ${operation} ${host} ${user}`);

  beforeAll(async () => {
    // Where Kafka listens.
    listener = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(listener, 'listening');
  });
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'hello-kafka-access-'));
    for (const folder of ['bin', 'tmp', 'hello/tls', 'hello/passwords', 'hello/readers', 'hello/reader-passwords'])
      await mkdir(join(home, folder), { recursive: true });
    for (const name of ['tls.key', 'tls.crt', 'ca.crt']) await file(`hello/tls/${name}`, 'PEM');
    for (const name of ['producer', 'consumer']) await file(`hello/passwords/${name}`, 'secret');
    await file('rights', '');
    await give('kafka-acls.sh', ACLS);
    await file('accounts', '');
    await give('kafka-configs.sh', CONFIGS);
    await give('kafka-topics.sh', 'exit 0');
    program = join(home, 'kafka-access.sh');
    const { port } = listener.address() as AddressInfo;
    const text = (await readFile(script, 'utf8'))
      .replace('brokers=kafka-controller-headless.$NAMESPACE.svc.cluster.local:9094', `brokers=127.0.0.1:${port}`)
      .replaceAll('/tmp/', join(home, 'tmp/'))
      .replaceAll('/opt/bitnami/kafka/bin', join(home, 'bin'))
      .replaceAll('/etc/hello', join(home, 'hello'));
    await writeFile(program, text);
  });
  afterAll(() => listener.close());

  it('gives a reader what readers.env says, and nothing else', async () => {
    await readers({ audit: 'hello-world', reports: 'hello-world, news' });
    expect((await run()).status).toBe(0);
    expect(await rightsOf('audit')).toEqual(READS('audit'));
    expect(await rightsOf('reports')).toEqual([...READS('reports'), ...READS('reports', 'news')].sort());
    expect(await rightsOf('consumer')).toEqual(READS('consumer'));
  });

  it('takes everything from who is in readers.env no more', async () => {
    await file('rights', [...READS('audit'), ''].join('\n'));
    expect((await run()).status).toBe(0);
    expect(await rightsOf('audit')).toEqual([]);
  });

  it('removes every account that is named nowhere, with rights or without', async () => {
    await haveAccounts('producer', 'consumer', 'audit', 'reports', 'by-hand');
    await file('rights', [...['producer', 'consumer', 'audit'].flatMap((name) => READS(name)), ''].join('\n'));
    await readers({ reports: 'news' });
    const { status, output } = await run();
    expect(output).toContain('--remove audit: the account');
    expect(output).toContain('--remove by-hand: the account');
    expect(status).toBe(0);
    expect(await accounts()).toEqual(['producer', 'consumer', 'reports']);
  });

  it('leaves an account alone with which nobody could sign in', async () => {
    await file('accounts', 'old SCRAM-SHA-256\n');
    await file('rights', [...READS('audit'), ''].join('\n'));
    expect((await run()).status).toBe(0);
    expect(await accounts()).toEqual(['old']);
  });

  it.each(['nobody', '*', 'CN=somebody', 'CN=some body, O=someone'])('takes a right of %s away', async (name) => {
    await file('rights', [...READS(name), ...READS(name, 'hello-world', '192.0.2.1'), ''].join('\n'));
    expect((await run()).status).toBe(0);
    expect(await rightsOf(name)).toEqual([]);
  });

  it('fails while an account stays, and removes it when it begins anew', async () => {
    await haveAccounts('consumer', 'audit', 'zoe');
    await file('rights', [...READS('audit'), ...READS('zoe'), ''].join('\n'));
    await file('kept', 'audit');
    const { status, output } = await run();
    expect(output).toContain('TimeoutException');
    expect(status).toBe(1);
    expect(await accounts()).toEqual(['consumer', 'audit']);
    await file('kept', '');
    expect((await run()).status).toBe(0);
    expect(await accounts()).toEqual(['consumer']);
  });

  it.each(['producer', 'consumer'])(
    'takes rights away also where readers.env names %s, which it skips and tells',
    async (name) => {
      await file('rights', [...READS('audit'), ''].join('\n'));
      await readers({ [name]: 'secrets', reports: 'hello-world' });
      const { status, output } = await run();
      expect(output).toContain(`readers.env names ${name}, which is a service's own account. Take another name.`);
      expect(status).toBe(1);
      expect(await rightsOf('audit')).toEqual([]);
      expect(await rightsOf('reports')).toEqual(READS('reports'));
      expect((await rightsOf(name)).filter((line) => line.includes('secrets'))).toEqual([]);
    },
  );

  it.each([
    ['a password is not taken', () => give('kafka-configs.sh', 'cat >/dev/null; exit 1')],
    ['a password is not there', () => file('hello/readers/late', 'hello-world')],
    ['a right is not given', () => file('refused', '--add')],
    ['the right of another is not taken away', () => file('refused', '--remove.*User:other')],
  ])('takes rights away also where %s', async (_, breaks) => {
    await file('rights', [...READS('other'), ...READS('audit'), ...READS('zoe'), ''].join('\n'));
    await breaks();
    await run();
    expect(await rightsOf('audit')).toEqual([]);
    expect(await rightsOf('zoe')).toEqual([]);
  });

  it('fails where a right is not taken away', async () => {
    await file('rights', [...READS('audit'), ''].join('\n'));
    await file('refused', '--remove');
    const { status } = await run();
    expect(status).toBe(1);
  });
});
