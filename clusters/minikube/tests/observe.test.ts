import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { findProgram } from '../../../apps/service/testing/find-program.ts';
import { freePort } from '../../../apps/service/testing/free-port.ts';
import { kubectl } from './testing/kubectl.ts';
import { Objects } from './testing/objects.ts';
import { Sandbox } from './testing/sandbox.ts';

const folder = join(import.meta.dirname, '../observe');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const documents = <T>(name: string) => parseAllDocuments(read(name)).map((one) => one.toJS() as T);

interface Deployment {
  spec: {
    strategy: object;
    template: { spec: { automountServiceAccountToken: boolean; containers: { args: string[] }[] } };
  };
}
const pod = (parse(read('deployment.yaml')) as Deployment).spec.template.spec;

const promtool = findProgram('promtool');
const prometheus = findProgram('prometheus');
const missing = (program: string, name: string) => {
  console.warn(`Skipped: ${name}, because there is no ${program} on PATH: install prometheus.`);
  return ` (skipped: no ${program} on PATH: install prometheus)`;
};
const run = (...args: string[]) => execFileSync(promtool!, args, { cwd: folder, encoding: 'utf8' });
/** How the configuration says what is kept is not known to those before. */
const isNew =
  promtool !== undefined && !/version 2\./.test(execFileSync(promtool, ['--version'], { encoding: 'utf8' }));

describe.skipIf(promtool === undefined)(`the alerts${promtool ? '' : missing('promtool', 'the alerts')}`, () => {
  it('fire, do not fire, and end as their tests say', () => {
    expect(run('test', 'rules', 'alerts.test.yaml')).toContain('SUCCESS');
  });

  it.skipIf(!isNew)(
    `are part of a configuration that is right${isNew ? '' : ' (skipped: promtool is older than 3)'}`,
    () => {
      expect(run('check', 'config', '--syntax-only', 'prometheus.yaml')).toContain('SUCCESS');
    },
  );
});

interface Rule {
  alert: string;
  annotations: Record<string, string>;
}

describe('each alert', () => {
  const { groups } = parse(read('alerts.yaml')) as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);

  it('says what is the matter and what to do, in words that a line of the status has', () => {
    for (const { alert, annotations } of rules) {
      expect([alert, ...Object.keys(annotations)]).toEqual([alert, 'summary', 'description']);
      expect(annotations['description']).toMatch(
        /kubectl --context hello -n \{\{ \$labels.namespace \}\} |\.\/bootstrap\.sh/,
      );
      // What JSON would write otherwise.
      for (const text of Object.values(annotations))
        expect(text.replaceAll(/\{\{.*?\}\}/g, '')).not.toMatch(/["\\<>&]/);
    }
  });

  it('is tried firing and ending', () => {
    const { tests } = parse(read('alerts.test.yaml')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts?: object[] }[] }[];
    };
    for (const { alert } of rules) {
      const tried = tests
        .map(({ alert_rule_test: looks }) => looks.filter(({ alertname }) => alertname === alert))
        .map((looks) => looks.map(({ exp_alerts: alerts }) => (alerts ? 'fires' : 'silent')).join());
      expect([alert, tried]).toEqual([alert, expect.arrayContaining(['silent,fires,silent'])]);
    }
  });
});

describe("Prometheus' manifests", () => {
  it('are a pod that may do little, in a namespace that lets no other in', () => {
    expect(parse(read('namespace.yaml'))).toMatchObject({
      metadata: { name: 'observe', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    expect(pod).toMatchObject({
      securityContext: { runAsNonRoot: true, runAsUser: 65_534, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          image: 'docker.io/prom/prometheus:v3.14.0',
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: { limits: { memory: '200Mi' } },
        },
      ],
    });
  });

  it('let it see pods, and nothing else of the cluster', () => {
    const roles = documents<{ kind: string; rules?: object[] }>('rights.yaml').filter(({ kind }) =>
      kind.endsWith('Role'),
    );
    expect(roles.map(({ rules }) => rules)).toEqual([
      [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }],
    ]);
  });

  it('have an alert go on after a restart, however short it waits', () => {
    const seconds = (text: string) => Number.parseInt(text) * (text.endsWith('m') ? 60 : 1);
    const waits = [...read('alerts.yaml').matchAll(/ for: (\d+[sm])$/gm)].map(([, wait]) => seconds(wait!));
    const [, grace = ''] = /for-grace-period=(\d+s)/.exec(pod.containers[0]!.args.join())!;
    expect(seconds(grace)).toBeLessThan(Math.min(...waits));
  });

  it('name no environment', () => {
    for (const name of ['prometheus.yaml', 'alerts.yaml', 'network-policies.yaml', 'rights.yaml'])
      expect(read(name)).not.toMatch(/hello-(default|dev|prod)/);
  });

  it('let the door in, and it out to what it scrapes', () => {
    const [deny, own] = documents<{ spec: { ingress?: unknown; egress?: object[] } }>('network-policies.yaml');
    expect(deny!.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    expect(own!.spec.ingress).toEqual([
      {
        from: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'door' } },
            podSelector: { matchLabels: { 'app.kubernetes.io/name': 'door' } },
          },
        ],
        ports: [{ port: 'http' }],
      },
    ]);
    for (const rule of own!.spec.egress!)
      expect(rule).toEqual({
        to: [{ namespaceSelector: expect.anything() as object, podSelector: expect.anything() as object }],
        ports: expect.arrayContaining([expect.anything()]) as object,
      });
  });
});

describe.skipIf(prometheus === undefined)(
  `Prometheus, as the pod starts it${prometheus ? '' : missing('prometheus', 'Prometheus itself')}`,
  () => {
    let child: ChildProcess;
    let url: string;
    const data = mkdtempSync(join(tmpdir(), 'prometheus-'));
    beforeAll(async () => {
      // Without the cluster there are no pods to ask for.
      writeFileSync(join(data, 'prometheus.yaml'), JSON.stringify({ rule_files: [join(folder, 'alerts.yaml')] }));
      const port = await freePort();
      url = `http://127.0.0.1:${port}`;
      const args = pod.containers[0]!.args.map((arg) =>
        arg.replace('/etc/prometheus', data).replace(/path=.*/, `path=${data}/measured`),
      );
      child = spawn(prometheus!, [...args, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
      await vi.waitUntil(async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok, { timeout: 20_000 });
    });
    afterAll(async () => {
      child.kill();
      await once(child, 'exit');
      rmSync(data, { recursive: true });
    });

    it('takes nothing from anybody: no end, no other configuration, no samples, no deletions', async () => {
      for (const path of ['/-/quit', '/-/reload', '/api/v1/write', '/api/v1/admin/tsdb/delete_series?match[]=up'])
        for (const method of ['POST', 'PUT'])
          expect([path, method, (await fetch(url + path, { method })).status]).toEqual([
            path,
            method,
            expect.toSatisfy((status: number) => status >= 400),
          ]);
      expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
    });

    it('answers no page but its own', async () => {
      const allowed = async (origin: string) => {
        const { headers } = await fetch(`${url}/api/v1/query?query=1`, { headers: { origin } });
        return headers.get('access-control-allow-origin');
      };
      expect(await allowed('http://prometheus.localhost:8000')).toBe('http://prometheus.localhost:8000');
      for (const origin of ['http://dev.localhost:8000', 'http://prometheusxlocalhost:8000', 'null'])
        expect(await allowed(origin)).toBeNull();
    });

    it('has the alerts', async () => {
      const answer = (await (await fetch(`${url}/api/v1/rules`)).json()) as { data: { groups: { rules: object[] }[] } };
      expect(answer.data.groups.flatMap(({ rules }) => rules)).toHaveLength(7);
    });
  },
);

describe('what ./bootstrap.sh does for it', () => {
  let sandbox: Sandbox;
  let cluster: Objects;
  beforeAll(async () => {
    sandbox = await Sandbox.create();
    await sandbox.giveAll();
    await sandbox.give('date');
    cluster = await Objects.in(sandbox);
  });
  beforeEach(() => cluster.clear());
  afterAll(() => sandbox.remove());
  const shell = async (line: string) => (await sandbox.shell(line)).output;

  it('keeps it where it is there, and makes it where somebody asks', async () => {
    const asked = () => shell('if is_observed; then echo yes; else echo no; fi');
    expect(await asked()).toBe('no\n');
    await cluster.put('cluster/namespace/observe');
    expect(await asked()).toBe('yes\n');
  });

  it('has the image that the pod has pulled with the others, after them', async () => {
    await sandbox.give('docker', 'case "$*" in *crictl*) echo "$5" ;; esac');
    const pulled = (await shell('pull_images "$(prometheus_image)"')).split('\n');
    expect(pulled).toEqual([
      expect.stringContaining('/argocd:'),
      expect.stringContaining('/kafka:'),
      expect.stringContaining('/nginx-unprivileged:'),
      'docker.io/prom/prometheus:v3.14.0',
      '',
    ]);
  });

  it.skipIf(kubectl === undefined)('opens the way to the API server, wherever that is', async () => {
    const slice = (addresses: string[], port: number) => ({
      endpoints: addresses.map((one) => ({ addresses: [one] })),
      ports: [{ port }],
    });
    await cluster.list('endpointslice', [
      slice(['192.168.49.2', '10.0.0.7'], 8443),
      slice(['10.1.0.1', 'fd00::7'], 6443),
    ]);
    const { spec } = parse(await shell('api_server_policy')) as { spec: object };
    const to = (cidr: string, port: number) => ({ to: [{ ipBlock: { cidr } }], ports: [{ port }] });
    expect(spec).toEqual({
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
      policyTypes: ['Egress'],
      egress: [to('192.168.49.2/32', 8443), to('10.0.0.7/32', 8443), to('10.1.0.1/32', 6443), to('fd00::7/128', 6443)],
    });
  });
});

describe('the status', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await Sandbox.create();
    await sandbox.giveAll();
  });
  afterAll(() => sandbox.remove());

  /** What is said where the API server's proxy answers so. */
  const said = async (answer: string, status = 0, before = '') => {
    writeFileSync(join(sandbox.folder, '../answer'), answer);
    await sandbox.give('kubectl', `echo "$*" >>~/calls; cat ~/answer; exit ${status}`);
    onTestFinished(() => rmSync(join(sandbox.folder, '../calls')));
    return sandbox.shell(`${before} say_alerts`);
  };
  const alert = (state: string, labels: object, annotations: object) => ({
    labels,
    annotations,
    state,
    activeAt: '2026-11-26T18:45:10.123456789Z',
    value: '1e+00',
  });
  const answerOf = (...alerts: object[]) => JSON.stringify({ status: 'success', data: { alerts } });

  it('says what fires, one line each: where, what, since when, and what to do', async () => {
    const { output } = await said(
      answerOf(
        alert(
          'firing',
          { alertname: 'LagGrows', namespace: 'hello-prod', pod: 'a' },
          { description: 'Do that: x', summary: 'a falls behind "b"' },
        ),
        alert(
          'pending',
          { alertname: 'NoBroadcasts', namespace: 'hello-dev' },
          { description: 'Look', summary: 'none' },
        ),
        alert(
          'firing',
          { alertname: 'ApplicationNotSynced', name: 'hello' },
          { description: 'See', summary: 'hello is not' },
        ),
      ),
    );
    expect(output).toBe(
      [
        'Prometheus  http://prometheus.localhost:8000   what fires:',
        'hello        ApplicationNotSynced since 2026-11-26 18:45 UTC  hello is not. See',
        'prod         LagGrows             since 2026-11-26 18:45 UTC  a falls behind "b". Do that: x',
        '',
      ].join('\n'),
    );
  });

  it('says what to do in the cluster that it is about', async () => {
    const description = 'See: kubectl --context hello -n hello-dev get pods';
    const fires = answerOf(alert('firing', { alertname: 'A', namespace: 'hello-dev' }, { description, summary: 'b' }));
    expect((await said(fires, 0, 'CONTEXT=a@cloud;')).output).toContain('See: kubectl --context a@cloud -n hello-dev');
  });

  it('says that nothing does', async () => {
    expect((await said(answerOf())).output).toBe('Prometheus  http://prometheus.localhost:8000   no alert fires\n');
  });

  it.each(['namespaces "observe" not found', 'services "prometheus" not found'])(
    'says nothing where there is none: %s',
    async (what) => {
      expect((await said(`Error from server (NotFound): ${what}\n`, 1)).output).toBe('');
    },
  );

  it('says that it does not answer, after two seconds at most', async () => {
    const { output, status } = await said(
      'Error from server (ServiceUnavailable): no endpoints available for service "prometheus"\n',
      1,
    );
    expect(output).toBe(
      '! Prometheus does not answer, so nobody knows what fires: Error from server (ServiceUnavailable): no endpoints available for service "prometheus"\n',
    );
    expect(status).toBe(0);
    expect(readFileSync(join(sandbox.folder, '../calls'), 'utf8')).toContain(' --request-timeout=2s');
  });
});
