/** What a process can be asked to do, by the one that started it. */
// eslint-disable-next-line typescript/no-explicit-any
export type Calls = Record<string, (argument: never) => unknown>;

export interface Question {
  id: number;
  name: string;
  argument: unknown;
}

export interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** Answers the process that started this one, and ends with it. */
export function answer(calls: Calls): void {
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ id, name, argument }: Question) => {
    process.send!(await answerOne(calls[name]!, id, argument));
  });
}

async function answerOne(call: Calls[string], id: number, argument: unknown): Promise<Answer> {
  try {
    return { id, value: await call(argument as never) };
  } catch (error) {
    return { id, error: (error as Error).message };
  }
}
