import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../../..');
const page = await readFile(join(root, 'docs/external-kafka.md'), 'utf8');
const blocks = [...page.matchAll(/^( *)```\w+\n(.*?)^\1```$/gms)].map(([, indent, text]) =>
  text!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
);

const tagOf = async (environment: string): Promise<string> => {
  const text = await readFile(join(root, `overlays/${environment}/kustomization.yaml`), 'utf8');
  return /newTag: .*/.exec(text)![0];
};

/** A folder of the page about a Kafka that is elsewhere: texts by their paths, with the image that dev has. */
export const documentedFolder = async (environment: string): Promise<Record<string, string>> => {
  const tag = await tagOf('dev');
  const files = blocks.flatMap((block) => {
    const [, name, text] = /^# (overlays\/\S+)\n(.*)$/s.exec(block) ?? [];
    return name?.startsWith(`overlays/${environment}/`) ? [[name, text!.replace(/newTag: .*/, tag)]] : [];
  });
  return Object.fromEntries(files) as Record<string, string>;
};

/** prod's kustomization with what the page adds to it. */
export const withReaders = (kustomization: string): string => {
  const generator = blocks.find((block) => block.includes('- name: kafka-readers'))!;
  return kustomization
    .replace('resources:\n', 'resources:\n  - readers.yaml\n')
    .replace(/^( *- \.\.\/\.\.\/base\/kafka)\/secured\n/m, '$&$1/readers\n')
    .replace('configMapGenerator:\n', generator);
};
