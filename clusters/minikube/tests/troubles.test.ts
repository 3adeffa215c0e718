import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kubectl } from './testing/kubectl.ts';
import { Objects } from './testing/objects.ts';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
let cluster: Objects;
beforeAll(async () => {
  sandbox = await Sandbox.create();
  await sandbox.giveAll();
  cluster = await Objects.in(sandbox);
});
beforeEach(() => cluster.clear());
afterAll(() => sandbox.remove());

/** What is said, after kubectl's own templates have shown the objects. */
const troubles = async () => {
  const { status, output } = await sandbox.shell('troubles');
  expect(status).toBe(0);
  return output.split('\n').slice(0, -1);
};

const condition = (type: string, status: string, more: object = {}) => ({ type, status, ...more });
const pod = (name: string, status: object = {}, namespace = 'hello-dev', more: object = {}) => ({
  metadata: { name, namespace, ...more },
  status: { conditions: [condition('PodScheduled', 'True')], ...status },
});
const container = (state: object, ready = false) => ({ name: 'main', ready, state });
const running = container({ running: { startedAt: 'x' } }, true);
const waiting = (reason: string, message?: string) =>
  container({ waiting: { reason, ...(message ? { message } : {}) } });
const mount = (name: string, message: string, namespace = 'hello-prod') => ({
  involvedObject: { name, namespace },
  reason: 'FailedMount',
  message,
});
const application = (name: string, status: object) => ({ metadata: { name }, status });

describe.skipIf(kubectl === undefined)('the status of an application that failed', () => {
  const failed = 'hello-x abc Failed Missing abc';
  const status = { operationState: { phase: 'Running', retryCount: 3 } };
  const said = async (lines: string, told = '') => (await sandbox.shell(`say_failures '${lines}' '${told}'`)).output;

  it('says nothing more where a trouble is told of it already, or nothing failed', async () => {
    expect(await said(failed, 'hello-x: no such thing')).toBe('');
    expect(await said('hello abc Synced Healthy abc\nhello-x abc OutOfSync Missing abc')).toBe('');
    expect(await cluster.calls()).toEqual([]);
  });

  it.each([
    ['a condition', { conditions: [condition('SyncError', 'True', { message: 'Failed to load target state: no' })] }],
    [
      'what was not applied',
      { operationState: { syncResult: { resources: [{}, { status: 'SyncFailed', message: 'no' }] } } },
    ],
    ['what it said last', { operationState: { phase: 'Running', retryCount: 3, message: 'no' } }],
  ])('says its reason by %s', async (_, more) => {
    await cluster.put('argocd/application/hello-x', { status: { ...status, ...more } });
    expect(await said(failed, 'hello-xy: another')).toBe('hello-x: no\n');
  });

  it.each([status, {}])('says how to see it where it says none: %j', async (empty) => {
    await cluster.put('argocd/application/hello-x', { status: empty });
    expect(await said(failed)).toBe(
      'hello-x: its last sync failed, and Argo CD says no reason now. See: kubectl --context hello -n argocd get application hello-x -o yaml\n',
    );
  });

  it('says how to see it where nothing answers', async () => {
    await cluster.silence();
    expect(await said(failed)).toContain('get application hello-x -o yaml');
  });
});

describe.skipIf(kubectl === undefined)('what is not well', () => {
  it('is nothing where all is', async () => {
    await cluster.list('applicationset', [
      {
        metadata: { name: 'environments' },
        status: { conditions: [condition('ErrorOccurred', 'False', { message: 'Successfully generated parameters' })] },
      },
    ]);
    await cluster.list('application', [
      application('hello', {
        operationState: { phase: 'Succeeded', retryCount: 2, message: 'successfully synced' },
        resources: [{ kind: 'AppProject' }, { kind: 'ApplicationSet', health: { status: 'Healthy' } }],
      }),
      { metadata: { name: 'hello-new' } },
    ]);
    await cluster.list('pod', [
      pod('consumer-1', {
        containerStatuses: [running],
        initContainerStatuses: [container({ terminated: { reason: 'Completed' } })],
      }),
    ]);
    await cluster.list('deployment', [
      {
        metadata: { name: 'consumer', namespace: 'hello-dev' },
        status: { conditions: [condition('Available', 'True'), condition('ReplicaFailure', 'False')] },
      },
    ]);
    await cluster.list('event', []);
    expect(await troubles()).toEqual([]);
  });

  it('is no application that is tried again and says nothing yet', async () => {
    await cluster.list('application', [
      application('hello-x', { operationState: { phase: 'Running', retryCount: 3 } }),
    ]);
    expect(await troubles()).toEqual([]);
  });

  it('is nothing that a cluster says that does not answer', async () => {
    await cluster.silence();
    expect(await troubles()).toEqual([]);
  });

  it('is asked with one call for each kind of thing', async () => {
    await troubles();
    expect((await cluster.calls()).map((call) => call.replace(/ -o .*/, ''))).toEqual([
      '-n argocd get applicationsets',
      '-n argocd get applications',
      'get deployments,statefulsets -A',
      'get events -A --field-selector reason=FailedMount',
      'get pods -A',
    ]);
  });

  describe('of the list of environments', () => {
    it('is said first', async () => {
      await cluster.list('applicationset', [
        {
          metadata: { name: 'environments' },
          status: {
            conditions: [
              condition('ErrorOccurred', 'True', {
                message: `error generating application params: Application.argoproj.io "hello-Upper" is invalid`,
              }),
              condition('ParametersGenerated', 'False', { message: 'the same in other words' }),
            ],
          },
        },
      ]);
      await cluster.list('application', [
        application('hello', { conditions: [condition('x', 'x', { message: 'second' })] }),
      ]);
      expect(await troubles()).toEqual([
        'overlays: error generating application params: Application.argoproj.io "hello-Upper" is invalid',
        'hello: second',
      ]);
    });
  });

  describe('of an application', () => {
    it.each([
      [
        'cannot be rendered',
        'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = Manifest generation error (cached): `kustomize build <path to cached source>/overlays/dev --enable-helm` failed exit status 1: Error: accumulating resources: yaml: line 3: mapping values are not allowed in this context',
        'kustomize: Error: accumulating resources: yaml: line 3: mapping values are not allowed in this context',
      ],
      [
        'may not be what its folder says',
        'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = FailedPrecondition desc = app is not permitted',
        'app is not permitted',
      ],
      [
        'is compared with nothing',
        'namespace staging is not permitted in project hello',
        'namespace staging is not permitted in project hello',
      ],
    ])('that %s is its condition, in short', async (_, message, short) => {
      await cluster.list('application', [
        application('hello-dev', { conditions: [{ type: 'ComparisonError', message }] }),
      ]);
      expect(await troubles()).toEqual([`hello-dev: ${short}`]);
    });

    it('that holds data is why it stays, and how it is removed', async () => {
      await cluster.list('application', [
        application('hello-dev', {
          conditions: [
            {
              type: 'DeletionError',
              message:
                "namespaces \"hello-dev\" is forbidden: ValidatingAdmissionPolicy 'remove-on-purpose' with binding 'remove-on-purpose' denied request: It holds messages. To remove it: npm run environment -- remove dev",
            },
          ],
        }),
      ]);
      expect(await troubles()).toEqual([
        'hello-dev: It holds messages. To remove it: npm run environment -- remove dev',
      ]);
    });

    it.each([
      ['Failed', undefined],
      ['Error', undefined],
      ['Running', 3],
    ])('whose last operation is %s is its message (tried again: %s)', async (phase, retryCount) => {
      const message =
        'one or more synchronization tasks completed unsuccessfully, reason: Deployment.apps "producer" is invalid. Retrying attempt #3';
      await cluster.list('application', [
        application('hello-dev', { operationState: { phase, message, ...(retryCount ? { retryCount } : {}) } }),
      ]);
      expect(await troubles()).toEqual(['hello-dev: Deployment.apps "producer" is invalid. Retrying attempt #3']);
    });

    it('that waits for its other parts is what the one that was refused says', async () => {
      const message = 'Service "consumer" is invalid: spec.ports[0].port: Invalid value: 70000';
      await cluster.list('application', [
        application('hello-dev', {
          operationState: {
            phase: 'Running',
            message: 'waiting for healthy state of /Namespace/hello-dev and 24 more resources',
            syncResult: {
              resources: [
                { kind: 'Service', status: 'SyncFailed', message },
                { kind: 'ConfigMap', status: 'Synced', message: 'configmap/consumer configured' },
                { kind: 'Kafka', message: 'not looked at yet' },
              ],
            },
          },
        }),
      ]);
      expect(await troubles()).toEqual([`hello-dev: ${message}`]);
    });

    it('that is at work for the first time is none', async () => {
      await cluster.list('application', [
        application('hello-dev', { operationState: { phase: 'Running', message: 'waiting for healthy state' } }),
      ]);
      expect(await troubles()).toEqual([]);
    });

    it('whose parts are degraded is what they say', async () => {
      const health = { status: 'Degraded', message: 'Deployment "producer" exceeded its progress deadline' };
      await cluster.list('application', [
        application('hello-dev', {
          resources: [
            { kind: 'Deployment', name: 'producer', health },
            { kind: 'Deployment', name: 'consumer', health: { status: 'Progressing', message: 'waiting' } },
            { kind: 'ConfigMap', name: 'producer' },
          ],
        }),
      ]);
      expect(await troubles()).toEqual(['hello-dev: Deployment "producer" exceeded its progress deadline']);
    });

    it('is said once, whoever says it', async () => {
      const message = 'one or more objects failed to apply, reason: no such kind';
      await cluster.list('application', [
        application('hello-dev', {
          conditions: [{ type: 'SyncError', message: 'no such kind' }],
          operationState: { phase: 'Failed', message },
        }),
      ]);
      expect(await troubles()).toEqual(['hello-dev: no such kind']);
    });
  });

  describe('of what runs beside the environments', () => {
    const workload = (namespace: string, name: string, replicas: number, readyReplicas?: number) => ({
      kind: name === 'argocd-application-controller' ? 'StatefulSet' : 'Deployment',
      metadata: { name, namespace },
      spec: { replicas },
      status: { replicas, ...(readyReplicas === undefined ? {} : { readyReplicas }) },
    });

    it.each([
      ['door', 'door', 'deployment/door'],
      ['observe', 'prometheus', 'deployment/prometheus'],
      ['argocd', 'argocd-server', 'deployment/argocd-server'],
      ['argocd', 'argocd-application-controller', 'statefulset/argocd-application-controller'],
    ])('in %s is that %s is scaled to nothing, and how it is had again', async (namespace, name, scaled) => {
      await cluster.list('deployment', [workload(namespace, name, 0)]);
      expect(await troubles()).toEqual([
        `${namespace}: no pod of ${name}: it is scaled to 0. To have it again: kubectl --context hello -n ${namespace} scale ${scaled} --replicas=1`,
      ]);
    });

    it('is none where it is meant, where it runs, or in an environment, whose application says so', async () => {
      await cluster.list('deployment', [
        workload('argocd', 'argocd-dex-server', 0),
        workload('argocd', 'argocd-notifications-controller', 0),
        workload('door', 'door', 2, 1),
        workload('hello-dev', 'consumer', 0),
        workload('kube-system', 'coredns', 0),
      ]);
      expect(await troubles()).toEqual([]);
    });

    it('is that no pod is ready, where none says more', async () => {
      await cluster.list('deployment', [workload('door', 'door', 1), workload('observe', 'prometheus', 1)]);
      await cluster.list('pod', [
        pod('prometheus-1', { containerStatuses: [waiting('CrashLoopBackOff', 'back-off')] }, 'observe'),
      ]);
      expect(await troubles()).toEqual([
        'door: no pod of door is ready',
        'observe: pod prometheus-1: CrashLoopBackOff, back-off',
      ]);
    });

    it('is that it starts, once it has a pod that does', async () => {
      await cluster.list('deployment', [workload('door', 'door', 1)]);
      await cluster.list('pod', [pod('door-1', { containerStatuses: [waiting('ContainerCreating')] }, 'door')]);
      expect(await troubles()).toEqual(['door: 1 pod is starting']);
    });

    it('is once why no pod is let in', async () => {
      const refused = workload('door', 'door', 1);
      const conditions = [condition('ReplicaFailure', 'True', { message: 'violates PodSecurity' })];
      await cluster.list('deployment', [{ ...refused, status: { ...refused.status, conditions } }]);
      expect(await troubles()).toEqual(['door: no pod of door: violates PodSecurity']);
    });
  });

  describe('of pods', () => {
    it('is that they are not let in', async () => {
      const message =
        'pods "consumer-7d9f-" is forbidden: violates PodSecurity "restricted:v1.35": runAsNonRoot != true';
      await cluster.list('deployment', [
        {
          metadata: { name: 'consumer', namespace: 'hello-dev' },
          status: { conditions: [condition('ReplicaFailure', 'True', { reason: 'FailedCreate', message })] },
        },
      ]);
      expect(await troubles()).toEqual([`hello-dev: no pod of consumer: ${message}`]);
    });

    it('is of the environments and of Argo CD', async () => {
      await cluster.list(
        'pod',
        ['hello-dev', 'argocd', 'argocd-2', 'kube-system', 'other-hello-dev'].map((namespace) =>
          pod(
            'one',
            { containerStatuses: [waiting('CrashLoopBackOff', 'back-off 5m0s restarting failed container')] },
            namespace,
          ),
        ),
      );
      expect(await troubles()).toEqual([
        'argocd: pod one: CrashLoopBackOff, back-off 5m0s restarting failed container',
        'hello-dev: pod one: CrashLoopBackOff, back-off 5m0s restarting failed container',
      ]);
    });

    it.each([
      [
        'find no place',
        {
          conditions: [
            condition('PodScheduled', 'False', {
              reason: 'Unschedulable',
              message: '0/1 nodes are available: 1 Insufficient cpu.',
            }),
          ],
        },
        'Unschedulable, 0/1 nodes are available: 1 Insufficient cpu.',
      ],
      [
        'have no image',
        {
          containerStatuses: [
            waiting('ErrImageNeverPull', 'Container image "hello-world:0123456789ab" is not present'),
          ],
        },
        'ErrImageNeverPull, Container image "hello-world:0123456789ab" is not present',
      ],
      [
        'have no image to begin with',
        {
          initContainerStatuses: [waiting('ImagePullBackOff', 'Back-off pulling image')],
          containerStatuses: [waiting('PodInitializing')],
        },
        'ImagePullBackOff, Back-off pulling image',
      ],
      ['say no more', { containerStatuses: [waiting('CreateContainerError')] }, 'CreateContainerError'],
    ])('that %s is the reason', async (_, status, reason) => {
      await cluster.list('pod', [pod('consumer-1', status)]);
      expect(await troubles()).toEqual([`hello-dev: pod consumer-1: ${reason}`]);
    });

    it('on their way is how many, in each environment', async () => {
      await cluster.list('pod', [
        pod('a', { containerStatuses: [waiting('ContainerCreating'), waiting('ContainerCreating')] }),
        pod('b', {
          initContainerStatuses: [waiting('PodInitializing')],
          containerStatuses: [waiting('PodInitializing')],
        }),
        pod('c', { containerStatuses: [running] }),
        pod('d', { containerStatuses: [container({ running: {} })] }, 'hello-prod'),
      ]);
      expect(await troubles()).toEqual(['hello-dev: 2 pods are starting', 'hello-prod: 1 pod is starting']);
    });

    it('on their way out is nothing', async () => {
      await cluster.list('pod', [
        pod('a', { containerStatuses: [waiting('CrashLoopBackOff')] }, 'hello-dev', { deletionTimestamp: 'now' }),
      ]);
      expect(await troubles()).toEqual([]);
    });

    it.each([
      ['MountVolume.SetUp failed for volume "accounts" : secret "accounts" not found', 'secret "accounts" not found'],
      [
        'MountVolume.SetUp failed for volume "tls" : references non-existent secret key: tls.crt',
        'references non-existent secret key: tls.crt',
      ],
    ])('that lack what they mount is what that is: %s', async (message, reason) => {
      await cluster.list('pod', [
        pod('consumer-1', { containerStatuses: [waiting('ContainerCreating')] }, 'hello-prod'),
        pod('consumer-2', { containerStatuses: [waiting('ContainerCreating')] }, 'hello-prod'),
      ]);
      await cluster.list('event', [mount('consumer-1', 'an earlier one'), mount('consumer-1', message)]);
      expect(await troubles()).toEqual([
        `hello-prod: pod consumer-1 waits: ${reason}`,
        'hello-prod: 1 pod is starting',
      ]);
    });

    it('that lack the account that somebody has to make is how it is made', async () => {
      await cluster.list('pod', [
        pod('consumer-1', { containerStatuses: [waiting('ContainerCreating')] }, 'hello-elsewhere'),
      ]);
      const message = 'MountVolume.SetUp failed for volume "kafka" : secret "external-kafka" not found';
      await cluster.list('event', [mount('consumer-1', message, 'hello-elsewhere')]);
      expect(await troubles()).toEqual([
        'hello-elsewhere: pod consumer-1 waits: secret "external-kafka" not found. It is yours to make: kubectl --context hello -n hello-elsewhere create secret generic external-kafka --from-file=ca.crt --from-literal=username=NAME --from-file=password, see docs/external-kafka.md',
      ]);
    });

    it('is to be made in the cluster that it is about', async () => {
      await cluster.list('pod', [pod('consumer-1', { containerStatuses: [waiting('ContainerCreating')] })]);
      await cluster.list('event', [mount('consumer-1', 'secret "external-kafka" not found', 'hello-dev')]);
      const { output } = await sandbox.shell('CONTEXT=a@cloud; troubles');
      expect(output).toContain(' kubectl --context a@cloud -n ');
    });

    it('that had to wait for it, and have it, is nothing', async () => {
      await cluster.list('pod', [pod('consumer-1', { containerStatuses: [running] }, 'hello-prod')]);
      await cluster.list('event', [
        mount('consumer-1', 'MountVolume.SetUp failed for volume "accounts" : secret "accounts" not found'),
      ]);
      expect(await troubles()).toEqual([]);
    });

    it('that are not ready though they have what they mount is that they start', async () => {
      await cluster.list('pod', [pod('consumer-1', { containerStatuses: [container({ running: {} })] }, 'hello-prod')]);
      await cluster.list('event', [mount('consumer-1', 'MountVolume.SetUp failed for volume "accounts" : x')]);
      expect(await troubles()).toEqual(['hello-prod: 1 pod is starting']);
    });
  });
});
