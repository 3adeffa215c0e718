import manifest from '../package.json' with { type: 'json' };

/** The version of the services; all of them share it. */
export const { version } = manifest;
