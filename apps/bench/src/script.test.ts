import { expect, it } from 'vitest';
import { variablesOf } from './script.ts';

it.each([
  ['apps/service/node main.ts', {}],
  ['A=1 B_C=d/e apps/service/node main.ts F=no', { A: '1', B_C: 'd/e' }],
])('finds the variables that %s sets', (script, variables) => {
  expect(variablesOf(script)).toEqual(variables);
});
