import { describe, expect, it } from 'vitest';
import { readArguments, SUITES } from './arguments.ts';

describe('readArguments', () => {
  it('means everything when nothing is said', () => {
    expect(readArguments([])).toEqual({
      suites: [...SUITES],
      quick: false,
      profile: false,
      peers: undefined,
      help: false,
    });
  });

  it('takes suites in the order in which they run', () => {
    expect(readArguments(['page', 'fanout', '--quick'])).toMatchObject({ suites: ['fanout', 'page'], quick: true });
  });

  it('takes peers', () => {
    expect(readArguments(['fanout', '--peers', 'ours,ws']).peers).toEqual(['ours', 'ws']);
  });

  it('refuses what it does not know', () => {
    expect(() => readArguments(['fan'])).toThrow('there is no suite fan');
    expect(() => readArguments(['--fast'])).toThrow(/--fast/);
  });
});
