import { describe, expect, it } from 'vitest';
import { OwnBuild } from './own-build.ts';

const own = () => new OwnBuild({ build: 'mine', servedSince: 1_000 });

describe('an open page', () => {
  it.each([
    ['the replica that it came from', { build: 'mine', servedSince: 1_000 }],
    ['a replica with the same page that began later', { build: 'mine', servedSince: 2_000 }],
    ['a replica with another page that began before, as during a rollout', { build: 'other', servedSince: 999 }],
    ['a replica with another page that began at the same time', { build: 'other', servedSince: 1_000 }],
    ['a replica of a version that does not say what it serves', {}],
  ])('stays when it connects to %s', (_, served) => {
    expect(own().isReplacedBy(served)).toBe(false);
  });

  it('is replaced by what a replica serves that began later', () => {
    expect(own().isReplacedBy({ build: 'other', servedSince: 1_001 })).toBe(true);
  });

  it('knows which page is the old one from replicas that it met', () => {
    const page = own();
    expect(page.isReplacedBy({ build: 'other', servedSince: 2_000 })).toBe(true);
    // The release was taken back: the pods with this page are the newest now.
    expect(page.isReplacedBy({ build: 'mine', servedSince: 3_000 })).toBe(false);
    expect(page.isReplacedBy({ build: 'other', servedSince: 2_500 })).toBe(false);
    // What one of before says later does not make it forget.
    expect(page.isReplacedBy({ build: 'mine', servedSince: 1_000 })).toBe(false);
    expect(page.isReplacedBy({ build: 'other', servedSince: 2_500 })).toBe(false);
    expect(page.isReplacedBy({ build: 'other', servedSince: 3_500 })).toBe(true);
  });
});
