import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesOf, ROOT } from '../apps/service/testing/repository.ts';

const files = filesOf('base', 'overlays', 'docs/operations.md')
  .filter((file) => /\.(yaml|md)$/.test(file))
  .map((file) => readFileSync(join(ROOT, file), 'utf8'));
const all = (pattern: RegExp) => files.flatMap((text) => [...text.matchAll(pattern)].map(([, version]) => version!));

// Kustomize inflates a chart in each overlay for itself, so its version stands in each.
describe('a version that stands in more than one place', () => {
  it.each([
    ["Kafka's chart", [/^ +- name: kafka\n +repo: .*\n +version: (\S+)$/gm, /chart (\d+\.\d+\.\d+)/g]],
    ["Kafka's image", [/bitnamilegacy\/kafka:(\d+\.\d+\.\d+)/g, /^ +tag: (\d+\.\d+\.\d+)-debian/gm]],
    ["Kafka's image, with its revision", [/bitnamilegacy\/kafka:(\S+-debian\S+)/g, /^ +tag: (\S+-debian\S+)/gm]],
  ])('is the same everywhere: %s', (_, patterns) => {
    const versions = patterns.flatMap(all);
    expect(versions.length).toBeGreaterThan(1);
    expect(new Set(versions).size).toBe(1);
  });
});
