import manifest from '../../../package.json' with { type: 'json' };

/** The variables that a script of package.json sets before its command. */
export function variablesOf(script: string): Record<string, string> {
  const assignments = /^(\w+=\S* )*/.exec(script)![0].trim();
  return Object.fromEntries(
    assignments
      .split(' ')
      .filter(Boolean)
      .map((assignment) => assignment.split('=', 2) as [string, string]),
  );
}

/** What `npm start` sets for the process that it starts. */
export const startVariables = variablesOf(manifest.scripts.start);
