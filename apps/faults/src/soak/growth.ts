/** A process at one moment. */
export interface Sample {
  rssMb: number;
  heapMb: number;
  handles: number;
  files: number;
  /** Share of a core since the sample before, in percent. */
  cpu: number;
}

type Measure = keyof Sample;

/** What may come on top without being growth: a share of what there was, and something for the noise. */
interface Allowance {
  share: number;
  noise: number;
}

const ALLOWANCES: Record<Measure, Allowance> = {
  rssMb: { share: 0.1, noise: 10 },
  heapMb: { share: 0.1, noise: 5 },
  handles: { share: 0.05, noise: 5 },
  files: { share: 0.05, noise: 5 },
  cpu: { share: 0.25, noise: 3 },
};

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** What is typical of some samples. A heap is as large as it is after its garbage is gone. */
export function summarize(samples: Sample[]): Sample {
  const of = (measure: Measure) => samples.map((sample) => sample[measure]);
  return {
    rssMb: median(of('rssMb')),
    heapMb: Math.min(...of('heapMb')),
    handles: median(of('handles')),
    files: median(of('files')),
    cpu: median(of('cpu')),
  };
}

/** What grew between two times, in words. */
export function findGrowth(before: Sample, after: Sample): string[] {
  return Object.entries(ALLOWANCES).flatMap(([name, { share, noise }]) => {
    const [from, to] = [before[name as Measure], after[name as Measure]];
    return to > from * (1 + share) + noise ? [`${name} grew from ${from.toFixed(1)} to ${to.toFixed(1)}`] : [];
  });
}
