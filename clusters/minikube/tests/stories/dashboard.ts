import { expect, it, vi } from 'vitest';
import { dashboardQueries, unanswered } from '../../../../apps/standalone/testing/dashboard.ts';
import { NAMES, type Story } from '../testing/story.ts';

const PROMETHEUS = 'http://prometheus.localhost:8000';
// A minute, as Grafana has it at least, and all environments.
const CHOICE = { environment: 'hello-.+', topic: 'hello-world', rateInterval: '1m' };

/** What the dashboard in docs asks of the cluster's own Prometheus. It wants `./bootstrap.sh --observe` before. */
export const dashboard = ({ open }: Story): void => {
  it('answers each query of the dashboard', async () => {
    // So that something is sent to somebody.
    await open(NAMES.dev);
    // Where all is well no alert fires.
    const queries = dashboardQueries(CHOICE).filter(({ panel }) => panel !== 'Alerts');
    await vi.waitFor(
      async () => expect((await unanswered(PROMETHEUS, queries)).map(({ panel }) => panel)).toEqual([]),
      { timeout: 60_000, interval: 1_000 },
    );
  });
};
