import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { parse, parseAllDocuments, stringify } from 'yaml';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../../..');

/** A Kubernetes object, as far as the tests look into it. */
export interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

/** The names of the folders under overlays/ that are environments. */
export const environments = (await readdir(join(root, 'overlays'), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

/** The objects of a rendered environment. */
export const parseManifests = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest);

const kustomizationOf = (environment: string) =>
  readFile(join(root, 'overlays', environment, 'kustomization.yaml'), 'utf8');

/** The environments that list base/secured. */
export const secured: string[] = [];
for (const environment of environments) {
  const { components = [] } = parse(await kustomizationOf(environment)) as { components?: string[] };
  if (components.includes('../../base/secured')) secured.push(environment);
}

/** What bootstrap.sh applies: the projects of Argo CD. */
export const projects = parseManifests(await readFile(join(root, 'clusters/minikube/projects.yaml'), 'utf8'));

const renderIn = async (folder: string, environment: string): Promise<string> => {
  const command = join(folder, 'clusters/minikube/scripts/commands/render');
  return (await run(command, [environment], { maxBuffer: 1 << 24, timeout: 60_000 })).stdout;
};

/** What an environment is, as text, by the command that people use. */
export const render = (environment: string): Promise<string> => renderIn(root, environment);

/**
 * Why Kafka's chart cannot be had, or undefined where it is. The chart is pulled once and stays in overlays/X/charts.
 * @throws where something else is wrong with an environment.
 */
export const whyNoChart = async (): Promise<string | undefined> => {
  try {
    await render(environments[0] ?? 'default');
    return undefined;
  } catch (error) {
    const text = String((error as { stderr?: string }).stderr ?? error);
    if (!/helm pull|\[pull /.test(text)) throw error;
    return text.match(/Error: .*/)?.[0] ?? text;
  }
};

/** Does something in a copy of what environments are made of. */
const inCopy = async <T>(action: (folder: string) => Promise<T>): Promise<T> => {
  const copy = await mkdtemp(join(tmpdir(), 'hello-overlays-'));
  try {
    for (const folder of ['base', 'overlays', 'clusters', 'apps/service'])
      await cp(join(root, folder), join(copy, folder), {
        recursive: true,
        filter: (path) => !/node_modules|charts$/.test(path),
      });
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    return await action(copy);
  } finally {
    await rm(copy, { recursive: true });
  }
};

/** The text of a kustomization without its charts, and with some components more. */
const withoutCharts = (text: string, more: string[] = []): string => {
  const { helmCharts: _, ...rest } = parse(text) as Record<string, unknown> & { components?: string[] };
  const components = [...new Set([...(rest.components ?? []), ...more])];
  return stringify(components.length > 0 ? { ...rest, components } : rest);
};

/** Renders all environments without their charts, with some components more. */
export const renderWithoutCharts = (more: string[] = []): Promise<string[]> =>
  inCopy(async (copy) => {
    for (const environment of environments) {
      const file = join(copy, 'overlays', environment, 'kustomization.yaml');
      await writeFile(file, withoutCharts(await readFile(file, 'utf8'), more));
    }
    return Promise.all(environments.map((environment) => renderIn(copy, environment)));
  });

/** Renders an environment, without a chart, as it is with these files. @param files texts by their paths. */
export const renderWith = (environment: string, files: Record<string, string>): Promise<Manifest[]> =>
  inCopy(async (copy) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(copy, name)), { recursive: true });
      await writeFile(join(copy, name), name.endsWith('/kustomization.yaml') ? withoutCharts(text) : text);
    }
    return parseManifests(await renderIn(copy, environment));
  });
