import { homedir } from 'node:os';
import { join } from 'node:path';

const { XDG_CACHE_HOME, HOME = homedir() } = process.env;

/** Where what takes long to make is kept from one run to the next. */
export const CACHE = join(XDG_CACHE_HOME ?? join(HOME, '.cache'), 'hello-world-bench');
