import { readFileSync } from 'node:fs';
import { readConfig, type Settings } from '@hello/service';
import { describe, expect, it } from 'vitest';
import { settings as consumer } from '../../consumer/src/service.ts';
import { settings as producer } from '../../producer/src/service.ts';
import { settings as standalone } from './service.ts';

const page = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8');
const rows = new Map(
  [...page.matchAll(/^\| `([A-Z_]+)` +\| (.+?) +\| (.+?) +\|/gm)].map(([, name, fallback, usedBy]) => [
    name!,
    { fallback: fallback!, usedBy: usedBy! },
  ]),
);

const services: [name: string, settings: Settings, required: Record<string, string>][] = [
  ['producer', producer, { KAFKA_BROKERS: 'localhost:9092' }],
  ['consumer', consumer, { KAFKA_BROKERS: 'localhost:9092' }],
  ['start', standalone, {}],
];

describe('the table of settings in docs', () => {
  it.each(services)('has every setting of %s and its default', (service, settings, required) => {
    const config = readConfig(settings, required) as Record<string, unknown>;
    for (const name of Object.keys(settings)) {
      const row = rows.get(name);
      expect(row, `${name} is missing`).toBeDefined();
      expect(`${name}: ${row!.usedBy}`).toMatch(new RegExp(`all|${service}`));
      const value = config[name];
      const expected = name in required ? 'required' : `\`${String(value)}\``;
      // What has no default in the code is said in words; the producer's port stands in the description.
      if (value !== undefined && !(name === 'PORT' && service === 'producer')) {
        // oxlint-disable-next-line vitest/no-conditional-expect
        expect(`${name}: ${row!.fallback}`).toBe(`${name}: ${expected}`);
      }
    }
  });

  it.each(services)('is all that %s needs: what a wrong value should be is said in its words', (_, settings) => {
    for (const [name, setting] of Object.entries(settings)) {
      const wrong = ['\0', '\0'.repeat(10_000)].map((value) => setting.safeParse(value));
      for (const { error } of wrong)
        for (const { message } of error?.issues ?? []) expect(`${name}: ${message}`).toMatch(/: expected /);
    }
  });

  it.each(services)('names %s at no setting that it has not', (service, settings) => {
    const named = [...rows].filter(([, { usedBy }]) => new RegExp(`all|${service}`).test(usedBy));
    expect(named.map(([name]) => name).filter((name) => !(name in settings))).toEqual([]);
  });

  it('has no setting that no service has', () => {
    const known = new Set(services.flatMap(([, settings]) => Object.keys(settings)));
    expect([...rows.keys()].filter((name) => !known.has(name))).toEqual([]);
  });
});
