import { findProgram } from '../../service/testing/find-program.ts';

export const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC_NAMES = ['Google Chrome', 'Chromium'];

/** The executable of CHROMIUM_PATH, else a Chromium or Chrome of this system. */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH } = process.env;
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  const onPath = CHROMIUM_NAMES.map((name) => findProgram(name));
  const onMac = MAC_NAMES.map((name) => findProgram(name, `/Applications/${name}.app/Contents/MacOS`));
  return [...onPath, ...onMac].find((file) => file !== undefined);
}
