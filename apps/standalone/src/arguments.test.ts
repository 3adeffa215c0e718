import { StartError } from '@hello/service';
import { describe, expect, it } from 'vitest';
import { readArguments, USAGE } from './arguments.ts';

describe('readArguments', () => {
  it('keeps what there is unless it is told otherwise', () => {
    expect(readArguments([], {})).toEqual({ fresh: false });
    expect(readArguments(['--fresh'], {})).toEqual({ fresh: true });
  });

  it('understands npm start --fresh, too, of which npm makes a variable', () => {
    expect(readArguments([], { npm_config_fresh: 'true' })).toEqual({ fresh: true });
    expect(readArguments([], { npm_config_fresh: '' })).toEqual({ fresh: false });
  });

  it.each([
    ['--frehs', "Unknown option '--frehs'"],
    ['-f', "Unknown option '-f'"],
    ['--fresh=yes', "Option '--fresh' does not take an argument"],
    ['fresh', "Unexpected argument 'fresh'"],
  ])('refuses %s and says what there is', (argument, problem) => {
    expect(() => readArguments([argument], {})).toThrow(new StartError(`${problem}\n${USAGE}`));
  });
});
