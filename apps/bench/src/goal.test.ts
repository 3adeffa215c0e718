import { describe, expect, it } from 'vitest';
import {
  acrossRounds,
  contradictions,
  type Goal,
  isAtEdge,
  isMet,
  measuredOf,
  round,
  verdict,
  wantedOf,
} from './goal.ts';

const atLeast = (wanted: number, measured: number): Goal => ({
  what: '',
  bound: 'at least',
  wanted,
  measured,
  unit: '',
});
const atMost = (wanted: number, measured: number): Goal => ({ what: '', bound: 'at most', wanted, measured, unit: '' });

describe('verdict', () => {
  it('says that a goal is met, also when only just', () => {
    expect(verdict(atLeast(3, 3))).toBe('met');
    expect(verdict(atMost(400, 399.9))).toBe('met');
  });

  it('says by how much a goal is not met', () => {
    expect(verdict(atLeast(3, 1.5))).toBe('NOT MET, 50 % below');
    expect(verdict(atMost(400, 500))).toBe('NOT MET, 25 % above');
  });

  it('says so where nothing at all was allowed', () => {
    expect(verdict(atMost(0, 1))).toBe('NOT MET');
  });

  it('does not take for met what was not measured', () => {
    const goal = atLeast(3, Number.NaN);
    expect(verdict(goal)).toBe('not measured');
    expect(isMet(goal)).toBe(false);
  });
});

describe('a goal of several rounds', () => {
  const rounds = (...values: number[]): Goal => ({ ...atMost(20, 0), unit: 'ms', ...acrossRounds(values) });

  it('is judged by the middle of them', () => {
    expect(isMet(rounds(18, 30, 19))).toBe(true);
    expect(isMet(rounds(21, 30, 19))).toBe(false);
  });

  it('is at the edge when only some of them meet it', () => {
    expect(verdict(rounds(18, 30, 19))).toBe('met, at the edge');
    expect(verdict(rounds(25, 30, 19))).toBe('NOT MET, 25 % above, at the edge');
    expect([rounds(18, 19, 20), rounds(21, 22, 23), rounds(21), atMost(20, 21)].map(isAtEdge)).toEqual(
      Array.from({ length: 4 }, () => false),
    );
  });

  it('says how far they are apart', () => {
    expect(measuredOf(rounds(18, 30, 19))).toBe('19 (18–30) ms');
    expect(measuredOf(rounds(18))).toBe('18 ms');
    expect(wantedOf(rounds(18))).toBe('at most 20 ms');
  });
});

describe('two runs', () => {
  const run = (...rounds: number[]): Goal => ({ ...atMost(20, 0), what: 'stretch', ...acrossRounds(rounds) });

  it('contradict each other where one clearly meets a goal and the other clearly does not', () => {
    expect(contradictions([run(17, 18, 19)], [run(21, 25, 24)])).toEqual([
      'stretch: NOT MET, 20 % above, and met in the run before',
    ]);
  });

  it('agree where one of them is at the edge, or knows nothing of it', () => {
    expect(contradictions([run(17, 18, 21)], [run(21, 25, 24)])).toEqual([]);
    expect(contradictions([], [run(21, 25, 24)])).toEqual([]);
  });
});

describe('round', () => {
  it.each([
    [123_456, '123,000'],
    [1234.5, '1,230'],
    [12.345, '12.3'],
    [0.012_345, '0.0123'],
    [0, '0'],
    [Number.NaN, '–'],
  ])('writes %d as %s', (value, text) => {
    expect(round(value)).toBe(text);
  });
});
