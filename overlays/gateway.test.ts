import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { problems } from '../clusters/minikube/tests/testing/gateway-api.ts';
import {
  environments,
  type Manifest,
  parseManifests,
  renderWithoutCharts,
  secured,
} from '../clusters/minikube/tests/testing/render.ts';

interface Route {
  parentRefs: object[];
  hostnames: string[];
  rules: { backendRefs: { name: string; port: number }[] }[];
}

interface Service {
  ports: { port: number; targetPort: string }[];
}

const settings = parseEnv(readFileSync(join(import.meta.dirname, '../base/gateway/gateway.env'), 'utf8'));
const [open, closed] = await Promise.all(
  ['../../base/gateway', '../../base/secured-gateway'].map((component) => renderWithoutCharts([component])),
);
const rendered = environments.map((environment, index) => ({
  environment,
  kinds: secured.includes(environment) ? ['HTTPRoute', 'TLSRoute'] : ['HTTPRoute'],
  manifests: parseManifests((secured.includes(environment) ? closed : open)![index]!),
}));

const isRoute = ({ kind }: Manifest) => kind.endsWith('Route');
const specOf = <Spec>(manifests: Manifest[], kind: string, name: string) =>
  manifests.find((one) => one.kind === kind && one.metadata.name === name)?.['spec'] as Spec;

describe.each(rendered)('$environment behind a gateway', ({ environment, kinds, manifests }) => {
  it('has routes that the definitions of Gateway API allow', () => {
    const routes = manifests.filter(isRoute);
    expect(routes.map(({ kind }) => kind)).toEqual(kinds);
    for (const route of routes) {
      expect(route['apiVersion']).toBe('gateway.networking.k8s.io/v1');
      expect(problems(route)).toEqual([]);
      expect(route.metadata.namespace).toBe(`hello-${environment}`);
    }
  });

  it.each(kinds)('has its name under the domain, by its %s', (kind) => {
    const host = `${environment}.${settings['DOMAIN']}`;
    const { hostnames, parentRefs } = specOf<Route>(manifests, kind, 'consumer');
    expect(hostnames).toEqual([host]);
    expect(parentRefs).toEqual([{ name: settings['GATEWAY'], namespace: settings['GATEWAY_NAMESPACE'] }]);
    const link = `${kind === 'TLSRoute' ? 'https' : 'http'}://${host}`;
    const { metadata } = manifests.find((one) => one.kind === kind)!;
    expect(metadata).toMatchObject({ annotations: { 'link.argocd.argoproj.io/external-link': link } });
  });

  it.each(kinds)('is led to by its %s, and the gateway is let in', (kind) => {
    const { rules } = specOf<Route>(manifests, kind, 'consumer');
    const port = kind === 'TLSRoute' ? 443 : 80;
    expect(rules).toEqual([{ backendRefs: [{ name: 'consumer', port }] }]);
    const { ports } = specOf<Service>(manifests, 'Service', 'consumer');
    expect(ports.find((one) => one.port === port)?.targetPort).toBe('page');
    // From wherever it is.
    const { ingress } = specOf<{ ingress: object[] }>(manifests, 'NetworkPolicy', 'page');
    expect(ingress).toEqual([{ ports: [{ port: 'page' }] }]);
  });

  it('has no settings of a gateway in the cluster', () => {
    expect(manifests.filter(({ kind, metadata }) => kind === 'ConfigMap' && /gateway/.test(metadata.name))).toEqual([]);
  });
});

describe('a route that is not as the definitions have it', () => {
  const route = rendered.find(({ kinds }) => kinds.length > 1)!.manifests.find(({ kind }) => kind === 'TLSRoute')!;
  const spec = route['spec'] as Route;

  it.each([
    [{ hostnames: ['Prod_1.example.com'] }, 'spec.hostnames.0: '],
    [{ hostname: ['prod.example.com'] }, 'spec: Unrecognized key: "hostname"'],
    [{ rules: [{ backendRefs: [{ name: 'consumer', port: 70_000 }] }] }, 'spec.rules.0.backendRefs.0.port: '],
    [{ rules: [{ backendRefs: [{ nam: 'consumer', port: 443 }] }] }, 'spec.rules.0.backendRefs.0.name: '],
    [{ parentRefs: [{ namespace: 'gateway' }] }, 'spec.parentRefs.0.name: '],
  ])('is refused: %j', (wrong, problem) => {
    expect(problems({ ...route, spec: { ...spec, ...wrong } }).join('\n')).toContain(problem);
  });
});
