import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { kubectl, kubectlWith, until } from '../testing/cluster.ts';
import type { Story } from '../testing/story.ts';

const role = (namespace: string) => `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: more
  namespace: ${namespace}
rules: []
`;

const configMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: stray
  namespace: kube-public
`;

/** What a push may do, and who may push. */
export const projects = (story: Story): void => {
  it.for([
    ['a kind that no environment has', role('hello-dev'), /is not permitted in project hello/],
    ['another namespace', configMap, /namespace kube-public is not permitted in project '?hello/],
  ] as const)('refuses a push with %s', async ([, manifest, refusal]) => {
    const { clone } = story;
    // Kustomize would put it into the environment's namespace.
    await clone.edit('overlays/dev/kustomization.yaml', 'resources:\n', 'resources:\n  - more.yaml\n');
    await clone.edit('overlays/dev/kustomization.yaml', /^namespace: hello-dev\n/m, '');
    await writeFile(join(clone.folder, 'overlays/dev/more.yaml'), manifest);
    // What checks the push says so already; who means it is refused by Argo CD.
    await clone.commit('Try more than a push may');
    await clone.pushOnPurpose();
    await until('the refusal in the status', 90, async () => refusal.test(await clone.run('bootstrap.sh', 'status')));
    await clone.git('revert', '--no-edit', 'HEAD');
    await clone.git('push', '--quiet', 'minikube');
  });

  it("lets nobody use Argo CD's own project", async () => {
    const application = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'stray', namespace: 'argocd' },
      spec: {
        project: 'default',
        source: { repoURL: 'git://git.argocd.svc/hello.git', path: 'overlays/dev', targetRevision: 'main' },
        destination: { server: 'https://kubernetes.default.svc', namespace: 'kube-public' },
      },
    };
    await kubectlWith(JSON.stringify(application), 'apply', '-f', '-');
    try {
      const path = 'jsonpath={.status.conditions[*].message}';
      const refusal = await until('its refusal', 60, () =>
        kubectl('-n', 'argocd', 'get', 'application', 'stray', '-o', path).then((text) => text !== '' && text),
      );
      expect(refusal).toContain("not permitted in project 'default'");
    } finally {
      await kubectl('-n', 'argocd', 'delete', 'application', 'stray');
    }
  });

  it('takes a push from a holder of the kubeconfig only', async () => {
    const env = { ...process.env, KUBECONFIG: '/dev/null' };
    const push = promisify(execFile)('git', ['push', 'minikube'], { cwd: story.clone.folder, env });
    await expect(push).rejects.toThrow('the cluster hello did not take it');
    // In the cluster the server gives, and takes nothing.
    const inside = 'git init -q /tmp/x && cd /tmp/x && git -c user.name=x -c user.email=x commit -q --allow-empty -m x';
    const pushing = kubectl(
      ...['-n', 'argocd', 'exec', 'deploy/argocd-repo-server', '-c', 'argocd-repo-server', '--', 'sh', '-c'],
      `${inside}; git push git://git.argocd.svc/hello.git HEAD:refs/heads/stray; status=$?; rm -rf /tmp/x; exit $status`,
    );
    await expect(pushing).rejects.toThrow(/access denied|not enabled|remote end hung up/);
  });
};
