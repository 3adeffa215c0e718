import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
const folder = () => join(sandbox.folder, '../certificates');
const pem = (name: string) => readFile(join(folder(), name), 'utf8');
const certificate = async (name: string) => new X509Certificate(await pem(`${name}/tls.crt`));

beforeAll(async () => {
  sandbox = await Sandbox.create();
  await sandbox.give('openssl');
  for (const name of ['authority', 'kafka', 'page', 'other']) await mkdir(join(folder(), name), { recursive: true });
  const { status, output } = await sandbox.shell(`
    umask 077
    cd ../certificates
    make_authority authority
    kafka_certificate authority kafka hello-prod
    page_certificate authority page prod
    make_certificate authority other localhost serverAuth DNS:example.com`);
  if (status !== 0) throw new Error(output);
});
afterAll(() => sandbox.remove());

const DAY = 86_400_000;
const days = ({ validToDate, validFromDate }: X509Certificate) =>
  (validToDate.getTime() - validFromDate.getTime()) / DAY;

describe('the authority', () => {
  it('signs, for ten years, by an elliptic curve', async () => {
    const authority = new X509Certificate(await pem('authority/ca.crt'));
    expect(authority.ca).toBe(true);
    expect(authority.subject).toBe('CN=hello-world in minikube');
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(authority.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
    expect(days(authority)).toBe(3650);
  });

  it('keeps its key where nobody else can read it', async () => {
    for (const name of ['authority/ca.key', 'kafka/tls.key', 'page/tls.key']) {
      expect((await stat(join(folder(), name))).mode & 0o077).toBe(0);
      expect(await pem(name)).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    }
  });
});

describe('a certificate', () => {
  it.each(['kafka', 'page'])("of %s is the authority's, for a year, and fits its key", async (name) => {
    const one = await certificate(name);
    const authority = new X509Certificate(await pem('authority/ca.crt'));
    expect(one.ca).toBe(false);
    expect(one.checkIssued(authority)).toBe(true);
    expect(one.verify(authority.publicKey)).toBe(true);
    expect(one.checkPrivateKey(createPrivateKey(await pem(`${name}/tls.key`)))).toBe(true);
    expect(days(one)).toBe(365);
  });

  it('has a number of its own', async () => {
    const numbers = await Promise.all(
      ['kafka', 'page', 'other'].map(async (name) => (await certificate(name)).serialNumber),
    );
    expect(new Set(numbers).size).toBe(3);
  });

  it("of the page is this machine's", async () => {
    const page = await certificate('page');
    expect(page.subjectAltName).toBe(
      'DNS:prod.localhost, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect(page.checkHost('localhost')).toBe('localhost');
    expect(page.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(page.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  it("of Kafka is its service's and its nodes', and its subject is the one that may do everything", async () => {
    const kafka = await certificate('kafka');
    expect(kafka.subject).toBe('CN=kafka');
    const nodes = 'kafka-controller-headless.hello-prod.svc.cluster.local';
    for (const name of ['kafka', 'kafka.hello-prod.svc.cluster.local', nodes, `kafka-controller-2.${nodes}`])
      expect(kafka.checkHost(name)).toBeDefined();
    expect(kafka.checkHost('kafka.hello-dev.svc.cluster.local')).toBeUndefined();
    expect(kafka.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });
});

/**
 * Lets a client connect to a server that shows that certificate. @returns why it refused the server, or the server it.
 */
const handshake = async (name: string, servername: string, client: ConnectionOptions = {}) => {
  const ca = await pem('authority/ca.crt');
  const [cert, key] = [await pem(`${name}/tls.crt`), await pem(`${name}/tls.key`)];
  const server = createServer({ cert, key, ca, requestCert: client.ca === undefined, rejectUnauthorized: false });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  server.on('tlsClientError', () => {});
  const accepted = once(server, 'secureConnection').then(([socket]) => (socket as TLSSocket).authorizationError);
  const { port } = server.address() as { port: number };
  const socket = connect({ port, host: '127.0.0.1', servername, ca, ...client });
  onTestFinished(() => void socket.destroy());
  return once(socket, 'secureConnect').then(
    () => accepted,
    (error: Error) => error.message,
  );
};

describe('who trusts the authority', () => {
  const trusting = async (name: string, servername: string) =>
    handshake(name, servername, { ca: await pem('authority/ca.crt') });

  it("trusts the page's certificate", async () => {
    expect(await trusting('page', 'localhost')).toBeFalsy();
  });

  it("trusts Kafka's, for one of its nodes", async () => {
    const node = 'kafka-controller-1.kafka-controller-headless.hello-prod.svc.cluster.local';
    expect(await trusting('kafka', node)).toBeFalsy();
  });

  it('does not trust it for any name of the world, whoever has its key', async () => {
    expect(await trusting('other', 'example.com')).toMatch(/permitted subtree violation/);
  });
});

describe('a listener that wants the certificate of a node', () => {
  const of = async (name: string) => ({ cert: await pem(`${name}/tls.crt`), key: await pem(`${name}/tls.key`) });

  it("takes Kafka's", async () => {
    expect(await handshake('kafka', 'kafka', await of('kafka'))).toBeNull();
  });

  it("refuses the page's, which is for servers", async () => {
    expect(await handshake('kafka', 'kafka', await of('page'))).toBe('INVALID_PURPOSE');
  });

  it('refuses one who has none', async () => {
    expect(await handshake('kafka', 'kafka')).toBe('UNABLE_TO_GET_ISSUER_CERT');
  });
});

describe('the folder of keys', () => {
  const left = async () => (await readdir(sandbox.temporary)).filter((name) => name === found);
  let found = '';
  const inside = async (line: string) => {
    const result = await sandbox.shell(`
      look() { echo "$PRIVATE"; ls -ld "$PRIVATE" | cut -c 1-10; make_key "$PRIVATE/key"; ls -l "$PRIVATE/key" | cut -c 1-10; ${line}; }
      private look`);
    const [path = '', ...rest] = result.output.trim().split('\n');
    found = path.split('/').at(-1)!;
    return { ...result, rest };
  };

  it('is for this user alone, and gone afterwards', async () => {
    const { status, rest } = await inside('true');
    expect(rest.slice(0, 2)).toEqual(['drwx------', '-rw-------']);
    expect(status).toBe(0);
    expect(await left()).toEqual([]);
  });

  it.each([
    'false',
    'exit 3',
    'sh -c "kill -TERM \\$PPID"; sleep 5',
    'fail "This went wrong."',
    'echo $unset_variable',
  ])('is gone when it ends by: %s', async (line) => {
    const { status } = await inside(line);
    expect(status).not.toBe(0);
    expect(await left()).toEqual([]);
  });

  it('is gone when the step takes too long', async () => {
    const { output } = await sandbox.shell(`
      slow() { echo "$PRIVATE" >../private; make_key "$PRIVATE/key"; sleep 30; }
      EXPLAINED=yes
      step Slow 1 private slow || cat ../private`);
    expect(output).toContain('given up after 1 seconds');
    found = output.trim().split('/').at(-1)!;
    expect(found).toMatch(/^hello-world\./);
    await expect.poll(left).toEqual([]);
  });
});
