import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { Visitor } from '../../../../apps/consumer/testing/visitor.ts';
import { ENVIRONMENTS, kubectl } from '../testing/cluster.ts';
import { NAMES, type Story } from '../testing/story.ts';

const shell = promisify(execFile);

interface Application {
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: { info?: { name: string; value: string }[] };
  status: { sync: { status: string }; summary: { externalURLs?: string[] } };
}

/** Somebody at Argo CD's API, as its UI would ask. @throws when Argo CD does not take the password. */
export class ArgoCD {
  readonly #url: string;
  readonly #token: string;
  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  static async signIn(url: string, username: string, password: string): Promise<ArgoCD> {
    const answer = await fetch(`${url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
    });
    if (!answer.ok) throw new Error(`Argo CD refuses ${username}: ${answer.status} ${await answer.text()}`);
    return new ArgoCD(url, ((await answer.json()) as { token: string }).token);
  }

  request(path: string, method = 'GET'): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
    return fetch(`${this.#url}${path}`, { method, headers, ...(method === 'POST' ? { body: '{}' } : {}) });
  }

  async applications(): Promise<Application[]> {
    const answer = await this.request('/api/v1/applications');
    return ((await answer.json()) as { items: Application[] }).items;
  }
}

/** `Argo CD URL user: NAME password: PASSWORD`, as ./bootstrap.sh prints it once. */
const printedAccount = (printed: string, user: string) => {
  const [, url = '', password = ''] = new RegExp(`^Argo CD +(\\S+) +user: ${user} +password: (\\S+)$`, 'm').exec(
    printed,
  )!;
  return { url, password };
};

/** All that anything has printed opens and runs. */
export const argocd = (story: Story): void => {
  it("shows the sync status in Argo CD, by the password that was printed, with each environment's page a click away", async () => {
    const { url, password } = printedAccount(story.clone.printed, 'admin');
    const admin = await ArgoCD.signIn(url, 'admin', password);
    const applications = await admin.applications();
    expect(applications.map(({ metadata }) => metadata.name).sort()).toEqual(
      ['hello', ...ENVIRONMENTS.map((name) => `hello-${name}`)].sort(),
    );
    for (const { status } of applications) expect(status.sync.status).toBe('Synced');
    for (const [index, name] of ENVIRONMENTS.entries()) {
      const { metadata, spec, status } = applications.find((one) => one.metadata.name === `hello-${name}`)!;
      const secured = name === 'prod';
      const page = Object.values(NAMES)[index];
      expect(metadata.labels).toMatchObject({ environment: name, secured: String(secured) });
      expect(metadata.annotations?.['link.argocd.argoproj.io/external-link']).toBe(page);
      expect(spec.info).toEqual([
        { name: 'Page', value: page },
        { name: 'Repository', value: 'git://git.argocd.svc/hello.git' },
      ]);
      // What the list of the UI shows as a link.
      expect(status.summary.externalURLs).toEqual([page]);
    }
  });

  it('lets viewer look, and change nothing', async () => {
    const { url, password } = printedAccount(story.clone.printed, 'viewer');
    const viewer = await ArgoCD.signIn(url, 'viewer', password);
    expect(await viewer.applications()).toHaveLength(ENVIRONMENTS.length + 1);
    expect((await viewer.request('/api/v1/applications/hello-dev/sync', 'POST')).status).toBe(403);
    expect((await viewer.request('/api/v1/applications/hello-dev', 'DELETE')).status).toBe(403);
  });

  it('prints no URL that does not open', async () => {
    await story.clone.run('bootstrap.sh', 'status');
    const urls = new Set(story.clone.printed.match(/https?:\/\/localhost:\d+[\w/.-]*/g));
    expect(urls.size).toBeGreaterThanOrEqual(ENVIRONMENTS.length + 1);
    for (const url of urls) {
      const { status } = await new Visitor(url).get('');
      // Argo CD without the files of its UI, as some images are built, answers / with 404 or 500; the API above is what
      // counts. A secured page leads a stranger to the sign-in.
      const fine = url.endsWith(':8080') ? [200, 404, 500] : url.startsWith('https:') ? [200, 302] : [200];
      expect(fine.map((one) => `${url} ${one}`)).toContain(`${url} ${status}`);
    }
  });

  it('prints commands that do what they say', async () => {
    const status = await story.clone.run('bootstrap.sh', 'status');
    const show = /user: admin +password: (.*)$/m.exec(status)![1]!;
    const inClone = { cwd: story.clone.folder };
    const { stdout } = await shell('bash', ['-c', show], inClone);
    expect(stdout).toBe(printedAccount(story.clone.printed, 'admin').password);

    const another = /another one: (.*) && \.\/bootstrap\.sh$/m.exec(story.clone.printed)![1]!;
    await shell('bash', ['-c', another], inClone);
    const { url, password } = printedAccount(await story.clone.run('bootstrap.sh'), 'viewer');
    expect(password).not.toBe(printedAccount(story.clone.printed, 'viewer').password);
    await ArgoCD.signIn(url, 'viewer', password);
  });

  it('keeps the password of viewer nowhere but as its hash', async () => {
    const { password } = printedAccount(story.clone.printed, 'viewer');
    const kept = await kubectl('-n', 'argocd', 'get', 'secrets,configmaps', '-o', 'json');
    expect(kept).not.toContain(password);
    expect(kept).not.toContain(Buffer.from(password).toString('base64'));
  });
};
