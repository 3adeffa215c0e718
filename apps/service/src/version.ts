import manifest from '../package.json' with { type: 'json' };

/** The version of the services; all of them share it. */
export const { version } = manifest;

/** What runs: the tag of its image, which is another one for other code, or `source` where it runs without an image. */
export const revision = process.env['REVISION'] || 'source';
