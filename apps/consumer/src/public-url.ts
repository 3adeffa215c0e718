import { z } from 'zod';

/** Where people find the page, as far as a proxy in front of it makes that something else than where it listens. */
export interface PublicUrl {
  /** As a browser says it, without a slash at its end; undefined where only the path is known. */
  origin: string | undefined;
  /** Begins and ends with a slash. */
  basePath: string;
}

const HOST = /^[\w.:[\]-]+$/;
/** What needs no encoding, so that it is the same in a URL, a header and a cookie. */
const PATH = /^(\/[\w.~-]+)*\/?$/;
const EXPECTED =
  'expected the URL of the page, such as https://example.org/hello/, or its path alone, such as /hello/, of letters, digits, dots and dashes';

/** The setting of it: a URL, or a path alone. */
export const publicUrl: z.ZodType<PublicUrl, string> = z.string().transform((value, context) => {
  const parsed = parse(value);
  if (!parsed) context.addIssue({ code: 'custom', message: EXPECTED });
  return parsed ?? z.NEVER;
});

function parse(value: string): PublicUrl | undefined {
  const isPath = value.startsWith('/');
  // The base only makes a URL of the path.
  const url = isPath && PATH.test(value) ? URL.parse(value, 'http://localhost') : URL.parse(value);
  if (!url || !['http:', 'https:'].includes(url.protocol) || !HOST.test(url.host) || !PATH.test(url.pathname))
    return undefined;
  if (url.username || url.password || url.search || url.hash) return undefined;
  return { origin: isPath ? undefined : url.origin, basePath: url.pathname.replace(/\/?$/, '/') };
}
