import { describe, expect, it } from 'vitest';
import { type Goal, isMet, round, verdict } from './goal.ts';

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
