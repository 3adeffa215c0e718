import { expect, it } from 'vitest';
import { describeMachine } from './machine.ts';

it('says on what and when it was measured', () => {
  expect(describeMachine()).toEqual({
    cpu: expect.any(String),
    cores: expect.any(Number),
    memoryGib: expect.any(Number),
    freeGib: expect.any(Number),
    system: expect.stringContaining(process.platform),
    node: process.version,
    load: expect.any(Number),
    commit: expect.stringMatching(/./),
    date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
});
